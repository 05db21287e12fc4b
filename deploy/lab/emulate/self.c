/*
 * /proc/self/exe under emulation: the kernel knows it as the emulator, and QEMU 7.2 translates it for
 * readlink() but not for execve(). This library, which the emulated linker loads first, names the program by its path
 * instead. All else goes to the C library unchanged.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                           char *const[], char *const[]);

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    spawn_function *next = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawn");
    char program[PATH_MAX];
    ssize_t length;

    if (next == NULL)
        return ENOSYS;
    if (strcmp(path, SELF) == 0) {
        length = readlink(SELF, program, sizeof(program) - 1);
        if (length < 0)
            return errno;
        program[length] = 0;
        path = program;
    }
    return next(pid, path, actions, attributes, argv, environment);
}
