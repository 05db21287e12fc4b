/* Prints on both standard streams, buffered and not, when loaded and when called; then fails. */
#include "stub_rados.h"

#include <stdio.h>
#include <unistd.h>

static void print(void)
{
    static const char line[] = "stub: noise by write\n";

    for (int fd = 1; fd <= 2; fd++)
        if (write(fd, line, sizeof(line) - 1) < 0)
            continue;
    fputs("stub: noise on stdout\n", stdout);
    fputs("stub: noise on stderr\n", stderr);
}

__attribute__((constructor)) static void loaded(void)
{
    print();
}

static int misbehave(void)
{
    print();
    return -22;
}
