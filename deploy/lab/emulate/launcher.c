/*
 * The linux-arm64 driver PROGRAM as a program of this machine: QEMU, as an ARMv8.0 core without later extensions, with
 * the libraries of ROOT and, loaded first, GAPS. All of it is compiled in: the driver is started, and starts itself
 * anew, without an environment. argv[0] is handed on, for the driver tells by it what it is to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXED 10

int main(int argc, char **argv)
{
    char *head[FIXED] = {
        QEMU, "-cpu", "cortex-a57", "-L", ROOT, "-E", "LD_PRELOAD=" GAPS, "-0", argv[0], PROGRAM,
    };
    char **all = calloc((size_t)argc + FIXED, sizeof(*all));

    if (all == NULL || argc < 1) {
        fprintf(stderr, "%s: no memory, or no argv[0]\n", PROGRAM);
        return 126;
    }
    memcpy(all, head, sizeof(head));
    memcpy(all + FIXED, argv + 1, (size_t)(argc - 1) * sizeof(*all));
    execv(QEMU, all);
    perror(QEMU);
    return 127;
}
