/* Writes through a null pointer, in a thread of the library's own as messengers do, or in the caller's. */
#include "stub_rados.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *crash(void *unused)
{
    *(volatile int *)8 = 1;
    return unused;
}

static int misbehave(void)
{
    if (getenv("STUB_THREAD") != NULL) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, crash, NULL) == 0)
            pthread_join(thread, NULL);
    } else {
        crash(NULL);
    }
    return -22;
}
