/*
 * Calls that may never come back, made by a process of their own: mount(), umount2(), read() of a block device, and
 * write() to the control files by which the kernel maps images.
 * While the device or its cluster does not answer they sleep in the kernel where no signal reaches them, and a
 * process with such a thread cannot end: the caller would wait for this program for ever. So the program starts
 * itself again, with another name in argv[0]; a constructor sees that name before the .NET runtime starts, makes
 * the one call, and tells its errno (and what it read).
 *
 * Why not fork(): the copy of a grown process costs more than an exec of this one, and a copy that hangs would keep
 * the memory, secrets included. Nor a clone that shares memory: it would keep that as well, and a core dump waits
 * for everybody who shares.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define UMOUNT "cephrbd-umount" /* target flags */
#define MOUNT "cephrbd-mount"   /* source target type flags data */
#define HEAD "cephrbd-head"     /* path bytes */
#define WRITE "cephrbd-write"   /* path text key-name with-caller; the key itself comes by standard input */
#define SELF "/proc/self/exe"
#define NO_ANSWER (-1)
#define FAILED(error) (-1 - (error))
#define MOST_FDS 65536
#define FIRST_FD 10
#define REAP_MS 300
#define MOST_ARGUMENTS 6
#define MOST_BYTES 65536
#define MOST_KEY_BYTES 4096
#define OF_KEY 0x10000
#define PROCESS_KEYRING (-2)

int cephrbd_detached_umount(const char *target, int flags, int timeout_ms);
int cephrbd_detached_mount(const char *source, const char *target, const char *type, int flags, const char *data,
                           int timeout_ms);
int cephrbd_detached_head(const char *path, void *buffer, int length, int timeout_ms, int *read_length);
int cephrbd_detached_write(const char *path, const char *text, const char *key_name, const void *key, int key_length,
                           int timeout_ms, int kill_late);

/* All but standard output, through which the answer goes: the caller's callers wait for the others to be closed. */
static void close_inherited(void)
{
    struct rlimit limit = {.rlim_cur = MOST_FDS};

    close(STDIN_FILENO);
    if (syscall(SYS_close_range, STDERR_FILENO, ~0U, 0) == 0)
        return;
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = STDERR_FILENO; fd < MOST_FDS && (rlim_t)fd < limit.rlim_cur; fd++)
        close(fd);
}

/* Tells the result and ends; a pipe takes as little as this in one piece or not at all. */
static void tell(int error, const void *bytes, size_t length)
{
    int ok = write(STDOUT_FILENO, &error, sizeof(error)) == sizeof(error);

    if (ok && length > 0)
        ok = write(STDOUT_FILENO, bytes, length) == (ssize_t)length;
    _exit(ok ? 0 : 1);
}

static void read_head(const char *path, size_t wanted)
{
    static char buffer[MOST_BYTES];
    size_t done = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        tell(errno, NULL, 0);
    while (done < wanted && done < sizeof(buffer)) {
        ssize_t length = read(fd, buffer + done, (wanted < sizeof(buffer) ? wanted : sizeof(buffer)) - done);

        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            tell(errno, NULL, 0);
        if (length == 0)
            break;
        done += (size_t)length;
    }
    tell(0, buffer, done);
}

/*
 * The end of whoever asked ends this process as well, wherever the kernel lets it: what is mapped after that nobody
 * waits for, and the caller's next try would map it once more. Whoever ended before the kernel was told has closed
 * the other end of the pipe.
 */
static void end_with_caller(void)
{
    struct pollfd pipe = {.fd = STDOUT_FILENO};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&pipe, 1, 0) > 0 && (pipe.revents & POLLERR) != 0)
        _exit(1);
}

/*
 * A key in the key ring is the process's own, so it is this one that puts it there: the kernel looks for it when it
 * is told its name.
 */
static void write_text(const char *path, const char *text, const char *key_name)
{
    static char key[MOST_KEY_BYTES];
    size_t length = 0;
    ssize_t piece;
    int fd;

    while (length < sizeof(key) && (piece = read(STDIN_FILENO, key + length, sizeof(key) - length)) != 0) {
        if (piece < 0 && errno != EINTR)
            tell(errno | OF_KEY, NULL, 0);
        if (piece > 0)
            length += (size_t)piece;
    }
    close_inherited();
    if (key_name[0] != 0 && syscall(SYS_add_key, "ceph", key_name, key, length, PROCESS_KEYRING) < 0)
        tell(errno | OF_KEY, NULL, 0);
    memset(key, 0, sizeof(key));
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        tell(errno, NULL, 0);
    while (write(fd, text, strlen(text)) < 0) {
        if (errno != EINTR)
            tell(errno, NULL, 0);
    }
    tell(0, NULL, 0);
}

/* The other process. Priority 101, the first there is: nothing else is set up for it. */
__attribute__((constructor(101))) static void call_if_asked(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[0], UMOUNT) == 0) {
        close_inherited();
        tell(umount2(argv[1], atoi(argv[2])) == 0 ? 0 : errno, NULL, 0);
    }
    if (argc == 6 && strcmp(argv[0], MOUNT) == 0) {
        close_inherited();
        tell(mount(argv[1], argv[2], argv[3], (unsigned long)atol(argv[4]), argv[5][0] == 0 ? NULL : argv[5]) == 0 ? 0
                                                                                                                   : errno,
             NULL, 0);
    }
    if (argc == 5 && strcmp(argv[0], WRITE) == 0) {
        if (argv[4][0] != 0)
            end_with_caller();
        write_text(argv[1], argv[2], argv[3]);
    }
    if (argc == 3 && strcmp(argv[0], HEAD) == 0) {
        close_inherited();
        read_head(argv[1], (size_t)atol(argv[2]));
    }
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits until something is to be read, or the other end is closed. 0, or what to return. */
static int await(int fd, long long deadline)
{
    for (;;) {
        struct pollfd waited = {.fd = fd, .events = POLLIN};
        long long left = deadline - now_ms();
        int ready = poll(&waited, 1, left > 0 ? (int)left : 0);

        if (ready == 0)
            return NO_ANSWER;
        if (ready > 0)
            return 0;
        if (errno != EINTR)
            return FAILED(errno);
    }
}

/* What came through the pipe before the deadline: an errno, and bytes until the other end is closed. */
static int answer(int fd, long long deadline, char *buffer, int length, int *read_length)
{
    int error, done = 0;
    int result = await(fd, deadline);

    if (result != 0)
        return result;
    /* Less than a whole answer: it was killed, or could not be executed. */
    if (read(fd, &error, sizeof(error)) != sizeof(error))
        return FAILED(ECHILD);
    while (error == 0 && done < length) {
        ssize_t piece;

        result = await(fd, deadline);
        if (result != 0)
            return result;
        piece = read(fd, buffer + done, (size_t)(length - done));
        if (piece < 0 && errno == EINTR)
            continue;
        if (piece <= 0)
            break;
        done += (int)piece;
    }
    if (read_length != NULL)
        *read_length = done;
    return error;
}

/* After its answer, or a kill, a process ends at once; should it not, the init process reaps it one day. */
static void reap(pid_t pid)
{
    struct timespec step = {.tv_nsec = 1000000L};
    long long deadline = now_ms() + REAP_MS;

    while (waitpid(pid, NULL, WNOHANG) == 0 && now_ms() < deadline)
        nanosleep(&step, NULL);
}

/* Starts the other process with its ends of the pipes as standard streams and all signals blocked. */
static int start(pid_t *pid, char **arguments, int read_end, int write_end)
{
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    int error;

    sigfillset(&all);
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
        if (error == 0 && read_end >= 0)
            error = posix_spawn_file_actions_adddup2(&actions, read_end, STDIN_FILENO);
        if (error == 0)
            error = posix_spawnattr_setsigmask(&attributes, &all);
        /* The second flag is for a glibc before 2.24, which would fork() otherwise. */
        if (error == 0)
            error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_USEVFORK);
        if (error == 0)
            error = posix_spawn(pid, SELF, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/*
 * One call by another process. Its errno, or 0; -1 if it did not answer in time and was left behind; -1 - errno if
 * it could not be started or was ended by somebody.
 */
static int detached(char **arguments, int read_end, int timeout_ms, int kill_late, char *buffer, int length,
                    int *read_length)
{
    long long deadline = now_ms() + timeout_ms;
    int ends[2], write_end, error, result;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAILED(errno);
    /* Above the standard descriptors, even if those are closed: dup2() onto itself would leave it close-on-exec. */
    write_end = fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_FD);
    error = write_end < 0 ? errno : start(&pid, arguments, read_end, write_end);
    close(ends[1]);
    if (write_end >= 0)
        close(write_end);
    if (error != 0) {
        close(ends[0]);
        return FAILED(error);
    }
    result = answer(ends[0], deadline, buffer, length, read_length);
    close(ends[0]);
    if (result == NO_ANSWER && kill_late)
        kill(pid, SIGKILL);
    if (result != NO_ANSWER || kill_late)
        reap(pid);
    return result;
}

int cephrbd_detached_umount(const char *target, int flags, int timeout_ms)
{
    char number[16];
    char *arguments[MOST_ARGUMENTS + 1] = {UMOUNT, (char *)target, number};

    snprintf(number, sizeof(number), "%d", flags);
    return detached(arguments, -1, timeout_ms, 0, NULL, 0, NULL);
}

int cephrbd_detached_mount(const char *source, const char *target, const char *type, int flags, const char *data,
                           int timeout_ms)
{
    char number[16];
    char *arguments[MOST_ARGUMENTS + 1] = {MOUNT, (char *)source, (char *)target, (char *)type, number, (char *)data};

    snprintf(number, sizeof(number), "%d", flags);
    return detached(arguments, -1, timeout_ms, 0, NULL, 0, NULL);
}

int cephrbd_detached_head(const char *path, void *buffer, int length, int timeout_ms, int *read_length)
{
    char number[16];
    char *arguments[MOST_ARGUMENTS + 1] = {HEAD, (char *)path, number};

    snprintf(number, sizeof(number), "%d", length);
    return detached(arguments, -1, timeout_ms, 0, buffer, length, read_length);
}

int cephrbd_detached_write(const char *path, const char *text, const char *key_name, const void *key, int key_length,
                           int timeout_ms, int kill_late)
{
    char *arguments[MOST_ARGUMENTS + 1] = {WRITE, (char *)path, (char *)text, (char *)key_name,
                                             kill_late ? "1" : ""};
    int ends[2], read_end, result;

    if (key_length < 0 || key_length > MOST_KEY_BYTES)
        return FAILED(EINVAL);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAILED(errno);
    /* A pipe takes as little as a key at once, whether anybody reads or not. */
    read_end = fcntl(ends[0], F_DUPFD_CLOEXEC, FIRST_FD);
    if (read_end < 0 || (key_length > 0 && write(ends[1], key, (size_t)key_length) != key_length)) {
        result = FAILED(errno);
        close(ends[1]);
    } else {
        close(ends[1]);
        result = detached(arguments, read_end, timeout_ms, kill_late, NULL, 0, NULL);
    }
    close(ends[0]);
    if (read_end >= 0)
        close(read_end);
    return result;
}
