/*
 * What the kernel starts in place of the linux-arm64 driver (binfmt_misc, flag P): QEMU, as an ARMv8.0 core without
 * later extensions, with the libraries of ROOT and, loaded first, GAPS. QEMU would take these settings from the environment as well, but the
 * driver starts itself anew without one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXED 10

/* argv: this program, the driver's path, the driver's own argv[0], its arguments. */
int main(int argc, char **argv)
{
    char **all = calloc((size_t)argc + FIXED, sizeof(*all));
    char *head[FIXED] = {
        QEMU, "-cpu", "cortex-a57", "-L", ROOT, "-E", "LD_PRELOAD=" GAPS, "-0", argc > 2 ? argv[2] : NULL, argv[1],
    };

    if (all == NULL || argc < 3) {
        fprintf(stderr, "%s: to be started by the kernel, registered with flag P\n", argv[0]);
        return 126;
    }
    memcpy(all, head, sizeof(head));
    memcpy(all + FIXED, argv + 3, (size_t)(argc - 3) * sizeof(*all));
    execv(QEMU, all);
    perror(QEMU);
    return 127;
}
