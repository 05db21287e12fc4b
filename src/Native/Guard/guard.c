/*
 * One reply, whatever happens. The caller reads this process's output as one JSON object and, when the exit
 * status is not 0, logs the arguments, secrets included. So a crash in a native library, a library that calls
 * exit(), and an exception nobody caught must all end with a prepared reply and status 0. A command for people
 * ends with words and another status.
 *
 * The handlers are set by an ELF constructor, before the .NET runtime starts: the runtime then finds them as
 * the previous handlers and passes on every fault that is not one of managed code. A call of _exit(), a
 * SIGKILL and a stack overflow of a thread that was not covered are beyond reach.
 *
 * Only async-signal-safe functions below the handlers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPLY_MAX 16384
#define STACK_SIZE 65536
#define PATIENCE_MS 1000
#define STEP_MS 5

struct reply {
    int fd;
    int status;
    size_t length;
    char text[REPLY_MAX];
};

/* Two, so that a crash during a second arming finds the first reply whole. */
static struct reply replies[2];
static _Atomic(struct reply *) armed;
static atomic_int claimed;
static atomic_int written;

int cephrbd_guard_arm(int fd, int status, const char *reply, size_t length);
void cephrbd_guard_disarm(void);
int cephrbd_guard_claim(void);
void cephrbd_guard_written(void);
int cephrbd_guard_cover_thread(void);

/* Prepares reply and exit status for a crash. 0, or -1 if it is too long; then what was armed before stays. */
int cephrbd_guard_arm(int fd, int status, const char *reply, size_t length)
{
    struct reply *next = atomic_load(&armed) == &replies[0] ? &replies[1] : &replies[0];

    if (length > REPLY_MAX)
        return -1;
    next->fd = fd;
    next->status = status;
    next->length = length;
    memcpy(next->text, reply, length);
    atomic_store(&armed, next);
    return 0;
}

/* Back to the state at start: a crash ends the process by its signal. */
void cephrbd_guard_disarm(void)
{
    atomic_store(&armed, NULL);
    atomic_store(&claimed, 0);
    atomic_store(&written, 0);
}

/* 1 for the first who asks: only that one may write a reply. */
int cephrbd_guard_claim(void)
{
    return atomic_exchange(&claimed, 1) == 0;
}

/* The claimant has written its reply in full. */
void cephrbd_guard_written(void)
{
    atomic_store(&written, 1);
}

/*
 * Gives the calling thread a stack for its handlers, without which they cannot run when its own overflows.
 * Never freed: meant for the few threads that live as long as the process. 0, or -1 with errno.
 */
int cephrbd_guard_cover_thread(void)
{
    stack_t stack = {.ss_size = STACK_SIZE};
    stack_t present;

    if (sigaltstack(NULL, &present) == 0 && !(present.ss_flags & SS_DISABLE))
        return 0;
    stack.ss_sp = malloc(STACK_SIZE);
    if (stack.ss_sp == NULL)
        return -1;
    return sigaltstack(&stack, NULL);
}

static void write_all(const struct reply *reply)
{
    size_t done = 0;

    while (done < reply->length) {
        ssize_t n = write(reply->fd, reply->text + done, reply->length - done);

        if (n >= 0) {
            done += (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd full = {.fd = reply->fd, .events = POLLOUT};

            if (poll(&full, 1, PATIENCE_MS) <= 0)
                return;
        } else if (errno != EINTR) {
            return;
        }
    }
}

/* Ends the process with a reply if one is armed; else returns. */
static void answer(void)
{
    const struct reply *reply = atomic_load(&armed);

    if (reply == NULL)
        return;
    if (cephrbd_guard_claim()) {
        write_all(reply);
    } else {
        /* Another thread is writing its reply: let it finish, unless it is the one that crashed. */
        for (int waited = 0; waited < PATIENCE_MS && !atomic_load(&written); waited += STEP_MS) {
            struct timespec step = {.tv_nsec = STEP_MS * 1000000L};

            nanosleep(&step, NULL);
        }
    }
    _exit(reply->status);
}

static void on_signal(int signal_number)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t one;

    answer();

    sigaction(signal_number, &standard, NULL);
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    raise(signal_number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

__attribute__((constructor)) static void install(void)
{
    static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

    cephrbd_guard_cover_thread();
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        sigaction(fatal[i], &action, NULL);
    atexit(answer);
}
