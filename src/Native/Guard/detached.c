/*
 * Calls that may never come back, made by a process of their own. umount2() of a file system whose device or
 * server is gone can sleep in the kernel where no signal reaches it, and a process with such a thread cannot end:
 * the caller would wait for this program for ever. So the program starts itself again, with another name in
 * argv[0]; a constructor sees that name before the .NET runtime starts, makes the one call, and tells its errno.
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
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define NAME "cephrbd-umount"
#define SELF "/proc/self/exe"
#define NO_ANSWER (-1)
#define FAILED(error) (-1 - (error))
#define MOST_FDS 65536
#define FIRST_FD 10
#define REAP_STEPS 100

int cephrbd_detached_umount(const char *target, int flags, int timeout_ms);

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

/* The other process. Priority 101, the first there is: nothing else is set up for it. */
__attribute__((constructor(101))) static void umount_if_asked(int argc, char **argv)
{
    int error;

    if (argc != 3 || strcmp(argv[0], NAME) != 0)
        return;
    close_inherited();
    error = umount2(argv[1], atoi(argv[2])) == 0 ? 0 : errno;
    _exit(write(STDOUT_FILENO, &error, sizeof(error)) == sizeof(error) ? 0 : 1);
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* What came through the pipe before the deadline. */
static int answer(int fd, long long deadline)
{
    int error;

    for (;;) {
        struct pollfd waited = {.fd = fd, .events = POLLIN};
        long long left = deadline - now_ms();
        int ready = poll(&waited, 1, left > 0 ? (int)left : 0);

        if (ready == 0)
            return NO_ANSWER;
        if (ready > 0)
            break;
        if (errno != EINTR)
            return FAILED(errno);
    }
    /* Less than a whole answer: it was killed, or could not be executed. */
    return read(fd, &error, sizeof(error)) == sizeof(error) ? error : FAILED(ECHILD);
}

/* After its answer a process ends at once; should it not, the init process reaps it one day. */
static void reap(pid_t pid)
{
    struct timespec step = {.tv_nsec = 1000000L};

    for (int i = 0; i < REAP_STEPS && waitpid(pid, NULL, WNOHANG) == 0; i++)
        nanosleep(&step, NULL);
}

/* Starts the other process with the write end as its standard output and all signals blocked. */
static int start(pid_t *pid, const char *target, int flags, int write_end)
{
    char name[] = NAME, number[16];
    char *arguments[] = {name, (char *)target, number, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    int error;

    snprintf(number, sizeof(number), "%d", flags);
    sigfillset(&all);
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
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
 * umount2() by another process. Its errno, or 0; -1 if it did not answer in time and was left behind;
 * -1 - errno if it could not be started or was ended by somebody.
 */
int cephrbd_detached_umount(const char *target, int flags, int timeout_ms)
{
    long long deadline = now_ms() + timeout_ms;
    int ends[2], write_end, error, result;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAILED(errno);
    /* Above the standard descriptors, even if those are closed: dup2() onto itself would leave it close-on-exec. */
    write_end = fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_FD);
    error = write_end < 0 ? errno : start(&pid, target, flags, write_end);
    close(ends[1]);
    if (write_end >= 0)
        close(write_end);
    if (error != 0) {
        close(ends[0]);
        return FAILED(error);
    }
    result = answer(ends[0], deadline);
    close(ends[0]);
    if (result != NO_ANSWER)
        reap(pid);
    return result;
}
