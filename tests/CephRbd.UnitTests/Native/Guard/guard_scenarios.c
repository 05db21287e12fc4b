/* Linked with guard.c by the tests: does what the first argument says, with the guard armed on fd 1. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cephrbd_guard_arm(int fd, int status, const char *reply, size_t length);
void cephrbd_guard_disarm(void);
int cephrbd_guard_claim(void);
void cephrbd_guard_written(void);
int cephrbd_guard_cover_thread(void);

static volatile int limit = 1 << 30;

static int overflow(int n)
{
    volatile char block[4096];

    block[n & 4095] = 1;
    return n > limit ? 0 : overflow(n + 1) + block[0];
}

static void *in_thread(void *what)
{
    if (strcmp(what, "thread-abort") == 0)
        abort();
    if (strcmp(what, "thread-segv") == 0)
        *(volatile int *)8 = 1;
    if (strcmp(what, "thread-exit") == 0)
        exit(3);
    if (strcmp(what, "thread-overflow") == 0 && cephrbd_guard_cover_thread() == 0)
        return (void *)(long)overflow(0);
    return NULL;
}

static void put(const char *text)
{
    if (write(1, text, strlen(text)) < 0)
        _exit(99);
}

int main(int argc, char **argv)
{
    char *what = argc > 1 ? argv[1] : "";
    static char too_long[16385];
    pthread_t thread;

    if (strcmp(what, "unarmed-abort") == 0)
        abort();
    if (strcmp(what, "unarmed-exit") == 0)
        return 3;
    cephrbd_guard_arm(1, 0, "first\n", 6);
    if (strcmp(what, "with-status") == 0 && cephrbd_guard_arm(1, 2, "words\n", 6) == 0)
        abort();
    if (strcmp(what, "too-long") == 0 && cephrbd_guard_arm(1, 0, too_long, sizeof(too_long)) == -1)
        abort();
    if (strcmp(what, "rearmed") == 0) {
        cephrbd_guard_arm(1, 0, "second\n", 7);
        cephrbd_guard_arm(1, 0, "third\n", 6);
        abort();
    }
    if (strcmp(what, "disarmed") == 0) {
        cephrbd_guard_disarm();
        abort();
    }
    if (strcmp(what, "abort") == 0)
        abort();
    if (strcmp(what, "segv") == 0)
        *(volatile int *)8 = 1;
    if (strcmp(what, "bus") == 0)
        raise(SIGBUS);
    if (strcmp(what, "trap") == 0)
        __builtin_trap();
    if (strcmp(what, "fpe") == 0)
        raise(SIGFPE);
    if (strcmp(what, "exit") == 0)
        exit(3);
    if (strcmp(what, "overflow") == 0)
        return overflow(0);
    if (strncmp(what, "thread-", 7) == 0 && pthread_create(&thread, NULL, in_thread, what) == 0)
        pthread_join(thread, NULL);
    if (strcmp(what, "claimed-then-abort") == 0 && cephrbd_guard_claim() == 1) {
        put("mine\n");
        cephrbd_guard_written();
        abort();
    }
    if (strcmp(what, "claimed-then-exit") == 0 && cephrbd_guard_claim() == 1) {
        put("mine\n");
        cephrbd_guard_written();
        exit(3);
    }
    if (strcmp(what, "claimed-twice") == 0 && cephrbd_guard_claim() == 1 && cephrbd_guard_claim() == 0) {
        put("once\n");
        cephrbd_guard_written();
    }
    if (strcmp(what, "crash-while-writing") == 0 && cephrbd_guard_claim() == 1) {
        put("mi");
        if (pthread_create(&thread, NULL, in_thread, "thread-abort") == 0)
            usleep(200000);
        put("ne\n");
        cephrbd_guard_written();
        sleep(5);
    }
    return 0;
}
