/* Compiled, never run: the numbers written into the bindings, held against the system's own headers. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
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
SAME(AT_SYMLINK_NOFOLLOW, 0x100);
SAME(AT_EMPTY_PATH, 0x1000);
SAME(F_DUPFD_CLOEXEC, 1030);
SAME(SEEK_DATA, 3);
SAME(SEEK_HOLE, 4);
SAME(MAP_NORESERVE, 0x4000);
SAME(MS_NOSUID | MS_NODEV | MS_NOEXEC, 14);
SAME(MS_BIND, 4096);
SAME(MS_PRIVATE, 1 << 18);
SAME(MNT_DETACH, 2);
SAME(UMOUNT_NOFOLLOW, 8);

#if defined(__x86_64__)
SAME(sizeof(struct stat), 144);
SAME(offsetof(struct stat, st_nlink), 16);
SAME(sizeof(nlink_t), 8);
SAME(offsetof(struct stat, st_mode), 24);
SAME(O_DIRECTORY, 0x10000);
SAME(O_NOFOLLOW, 0x20000);
SAME(O_TMPFILE, 0x400000 | 0x10000);
SAME(SYS_newfstatat, 262);
SAME(SYS_memfd_create, 319);
#elif defined(__aarch64__)
_Static_assert(sizeof(struct stat) <= 144, "the buffer is too small");
SAME(offsetof(struct stat, st_mode), 16);
SAME(offsetof(struct stat, st_nlink), 20);
SAME(sizeof(nlink_t), 4);
SAME(O_DIRECTORY, 0x4000);
SAME(O_NOFOLLOW, 0x8000);
SAME(O_TMPFILE, 0x400000 | 0x4000);
SAME(SYS_newfstatat, 79);
SAME(SYS_memfd_create, 279);
#else
#error "not an architecture of this driver"
#endif
