/* Compiled, never run: the numbers written into the bindings, held against the system's own headers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAME(a, b) _Static_assert((a) == (b), #a " is not " #b)

SAME(offsetof(struct stat, st_dev), 0);
SAME(offsetof(struct stat, st_ino), 8);
SAME(offsetof(struct stat, st_size), 48);
SAME(sizeof(off_t), 8);
SAME(sizeof(struct pollfd), 8);
SAME(O_CREAT, 0x40);
SAME(O_EXCL, 0x80);
SAME(O_APPEND, 0x400);
SAME(O_CLOEXEC, 0x80000);
SAME(O_NONBLOCK, 0x800);
SAME(AT_FDCWD, -100);
SAME(AT_SYMLINK_NOFOLLOW, 0x100);
SAME(AT_EMPTY_PATH, 0x1000);
SAME(F_DUPFD_CLOEXEC, 1030);
SAME(SEEK_DATA, 3);
SAME(SEEK_HOLE, 4);
SAME(MAP_NORESERVE, 0x4000);
SAME(MS_RDONLY, 1);
SAME(MS_NOSUID, 2);
SAME(MS_NODEV, 4);
SAME(MS_NOEXEC, 8);
SAME(MS_SYNCHRONOUS, 16);
SAME(MS_REMOUNT, 32);
SAME(MS_MANDLOCK, 64);
SAME(MS_DIRSYNC, 128);
SAME(MS_NOATIME, 1024);
#ifdef MS_NOSYMFOLLOW /* glibc 2.34 */
SAME(MS_NOSYMFOLLOW, 256);
#endif
SAME(MS_NODIRATIME, 2048);
SAME(MS_BIND, 4096);
SAME(MS_SILENT, 32768);
SAME(MS_POSIXACL, 1 << 16);
SAME(MS_RELATIME, 1 << 21);
SAME(MS_I_VERSION, 1 << 23);
SAME(MS_STRICTATIME, 1 << 24);
SAME(MS_LAZYTIME, 1 << 25);
SAME(MS_PRIVATE, 1 << 18);
SAME(MNT_DETACH, 2);
SAME(UMOUNT_NOFOLLOW, 8);
SAME(S_IFBLK, 0x6000);
SAME(S_IFDIR, 0x4000);
SAME(KEY_SPEC_PROCESS_KEYRING, -2);
SAME(ENODEV, 19);
SAME(ENOTCONN, 107);
SAME(sizeof(struct statfs), 120);
SAME(offsetof(struct statfs, f_bsize), 8);
SAME(offsetof(struct statfs, f_blocks), 16);
SAME(offsetof(struct statfs, f_bfree), 24);
SAME(offsetof(struct statfs, f_bavail), 32);
SAME(offsetof(struct statfs, f_files), 40);
SAME(offsetof(struct statfs, f_ffree), 48);
SAME(offsetof(struct statfs, f_frsize), 72);

#if defined(__x86_64__)
SAME(sizeof(struct stat), 144);
SAME(offsetof(struct stat, st_nlink), 16);
SAME(sizeof(nlink_t), 8);
SAME(offsetof(struct stat, st_mode), 24);
SAME(offsetof(struct stat, st_rdev), 40);
SAME(O_DIRECTORY, 0x10000);
SAME(O_NOFOLLOW, 0x20000);
SAME(O_TMPFILE, 0x400000 | 0x10000);
SAME(SYS_newfstatat, 262);
SAME(SYS_memfd_create, 319);
SAME(SYS_add_key, 248);
SAME(SYS_mknodat, 259);
SAME(SYS_getdents64, 217);
#elif defined(__aarch64__)
_Static_assert(sizeof(struct stat) <= 144, "the buffer is too small");
SAME(offsetof(struct stat, st_mode), 16);
SAME(offsetof(struct stat, st_nlink), 20);
SAME(sizeof(nlink_t), 4);
SAME(offsetof(struct stat, st_rdev), 32);
SAME(O_DIRECTORY, 0x4000);
SAME(O_NOFOLLOW, 0x8000);
SAME(O_TMPFILE, 0x400000 | 0x4000);
SAME(SYS_newfstatat, 79);
SAME(SYS_memfd_create, 279);
SAME(SYS_add_key, 217);
SAME(SYS_mknodat, 33);
SAME(SYS_getdents64, 61);
#else
#error "not an architecture of this driver"
#endif
