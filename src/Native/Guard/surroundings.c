/*
 * What a process inherits, put right before the runtime starts. The runtime and Ceph's libraries count on it, and whoever
 * calls the driver may have left it otherwise: a reply must come all the same.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_NEEDED 1024

/*
 * A descriptor 0 or 2 that is closed would be given to the next file that is opened, by the runtime for one, and lost
 * again when the streams are taken over. Without stdout there is nobody to answer, and nothing is begun.
 */
static void open_streams(void)
{
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
        _exit(1);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int nothing;

        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        nothing = open("/dev/null", O_RDWR);
        if (nothing < 0 || (nothing != fd && (dup2(nothing, fd) < 0 || close(nothing) < 0)))
            _exit(1);
    }
}

/* Raises a limit, as far as this process may. What stays too low shows in the call that needs more. */
static void raise_limit(__rlimit_resource_t resource, rlim_t needed)
{
    struct rlimit limit;
    struct rlimit wanted;

    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= needed)
        return;
    wanted.rlim_cur = needed;
    wanted.rlim_max = limit.rlim_max > needed ? limit.rlim_max : needed;
    if (setrlimit(resource, &wanted) != 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(resource, &limit);
    }
}

__attribute__((constructor)) static void put_right(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    char *folder;
    mode_t mask;

    open_streams();

    /* Ignored, the end of a program that was started would never be told. */
    (void)sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);

    /* A file over the limit is then an error with words, not the end. */
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGXFSZ, &action, NULL);
    raise_limit(RLIMIT_FSIZE, RLIM_INFINITY);
    raise_limit(RLIMIT_NOFILE, FILES_NEEDED);
    raise_limit(RLIMIT_AS, RLIM_INFINITY);

    folder = getcwd(NULL, 0);
    if (folder == NULL && chdir("/") != 0)
        _exit(1);
    free(folder);

    /* Nobody but the owner writes, and the owner may do all. */
    mask = umask(077);
    (void)umask((mask | 022) & 077);
}
