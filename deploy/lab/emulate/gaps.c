/*
 * What QEMU 7.2 does not emulate and the driver needs, in a library that the emulated linker loads first. All else
 * goes on unchanged.
 *
 * - It is named in LD_PRELOAD, which is taken out again, for the driver and for the programs that it starts.
 * - execve("/proc/self/exe"): for the kernel that is the emulator, and QEMU translates it for readlink() only. Here it
 *   becomes what the driver was started by (launcher.c).
 * - add_key(): QEMU has no such call. Here a program of the machine itself makes it (add-key.c).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELF "/proc/self/exe"
#define PROCESS_KEYRING (-2)

__attribute__((constructor)) static void forget(void)
{
    unsetenv("LD_PRELOAD");
}

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                           char *const[], char *const[]);

static int spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    spawn_function *next = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawn");

    return next == NULL ? ENOSYS : next(pid, path, actions, attributes, argv, environment);
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    return spawn(pid, strcmp(path, SELF) == 0 ? LAUNCHER : path, actions, attributes, argv, environment);
}

/* The payload by standard input; the errno comes back as exit status. */
static long add_key(const char *type, const char *name, const void *payload, size_t length)
{
    char *arguments[] = {ADD_KEY, (char *)type, (char *)name, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], status = 0, error;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    error = write(ends[1], payload, length) == (ssize_t)length ? 0 : EIO;
    close(ends[1]);
    if (error == 0)
        error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        /* Standard input is closed by now, so that the pipe may have its number: dup2() would leave it close-on-exec. */
        int input = fcntl(ends[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

        error = input < 0 ? errno : posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        if (error == 0)
            error = spawn(&pid, ADD_KEY, &actions, NULL, arguments, environment);
        if (error == 0 && waitpid(pid, &status, 0) != pid)
            error = errno;
        if (error == 0)
            error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
        if (input >= 0)
            close(input);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[0]);
    errno = error;
    return error == 0 ? 1 : -1;
}

static long call(long number, const long *a)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];

    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
    if (x0 >= 0 || x0 < -4095)
        return x0;
    errno = (int)-x0;
    return -1;
}

long syscall(long number, ...)
{
    long a[6];
    va_list rest;

    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_add_key && (int)a[4] == PROCESS_KEYRING)
        return add_key((const char *)a[0], (const char *)a[1], (const void *)a[2], (size_t)a[3]);
    return call(number, a);
}
