/*
 * Linked with detached.c by the tests: unmounts the first argument with the flags of the second, waits for as many
 * milliseconds as the third says, and prints what came of it. Targets that do not begin with a slash are played.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int cephrbd_detached_umount(const char *target, int flags, int timeout_ms);
int umount2(const char *target, int flags);

/* Takes the place of libc's. "hang:FILE" leaves its process id in FILE and does not come back for a minute. */
int umount2(const char *target, int flags)
{
    if (strncmp(target, "hang:", 5) == 0) {
        char text[16];
        int length = snprintf(text, sizeof(text), "%d\n", getpid());
        int fd = open(target + 5, O_WRONLY | O_CREAT | O_EXCL, 0600);

        if (fd < 0 || write(fd, text, (size_t)length) != length)
            abort();
        close(fd);
        sleep(60);
    }
    if (strcmp(target, "killed") == 0)
        raise(SIGKILL);
    return (int)syscall(SYS_umount2, target, flags);
}

int main(int argc, char **argv)
{
    int result;

    if (argc != 4)
        return 2;
    /* Descriptors that an exec does not close, as a library might leave them; and none of the standard input. */
    if (dup2(1, 20) < 0 || dup2(1, 200) < 0)
        return 3;
    close(0);
    result = cephrbd_detached_umount(argv[1], atoi(argv[2]), atoi(argv[3]));
    printf("%d%s\n", result, waitpid(-1, NULL, WNOHANG) < 0 ? "" : " and a child");
    return 0;
}
