// A wire between two network namespaces that is as slow and as lossy as it is told, for kernels without netem:
// slow-net NETNS-A NETNS-B makes a tun device "slow0" in each and carries packets from one to the other. A line
// "DELAY LOSS" on stdin sets both, in milliseconds and in packets of a thousand. It ends with stdin.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST_BYTES = 2048, MOST_PACKETS = 16384 };

struct packet {
    long long due;
    int to;
    int length;
    char bytes[MOST_BYTES];
};

// Delays change seldom, so packets are due nearly in the order they came in: a ring.
static struct packet ring[MOST_PACKETS];
static unsigned first, behind;

static void fail(const char *what) {
    fprintf(stderr, "slow-net: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long long now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int tun_in(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", name);
    int ns = open(path, O_RDONLY | O_CLOEXEC);
    if (ns < 0 || setns(ns, CLONE_NEWNET) != 0) {
        fail(path);
    }
    close(ns);
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_name = "slow0"};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request) != 0) {
        fail("/dev/net/tun");
    }
    return tun;
}

static void take_in(int from, int to, int delay_ms, int loss) {
    while (behind - first < MOST_PACKETS) {
        struct packet *packet = &ring[behind % MOST_PACKETS];
        packet->length = (int)read(from, packet->bytes, MOST_BYTES);
        if (packet->length <= 0) {
            return;
        }
        if (rand() % 1000 < loss) {
            continue;
        }
        packet->due = now_us() + delay_ms * 1000LL;
        packet->to = to;
        behind++;
    }
}

// A packet that the other side does not take is one more that is lost.
static void give_out(long long now) {
    while (first != behind && ring[first % MOST_PACKETS].due <= now) {
        struct packet *packet = &ring[first++ % MOST_PACKETS];
        if (write(packet->to, packet->bytes, (size_t)packet->length) < 0 && errno == EBADFD) {
            fail("the device is gone");
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: slow-net NETNS-A NETNS-B\n");
        return 2;
    }
    int a = tun_in(argv[1]), b = tun_in(argv[2]), delay = 0, loss = 0;
    struct pollfd waits[3] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    puts("ready");
    fflush(stdout);
    for (;;) {
        long long left = first == behind ? 1000000 : ring[first % MOST_PACKETS].due - now_us();
        struct timespec wait = {.tv_sec = left / 1000000, .tv_nsec = (left % 1000000) * 1000};
        if (left > 0 && ppoll(waits, 3, &wait, NULL) > 0) {
            if (waits[2].revents != 0) {
                char line[64];
                ssize_t length = read(0, line, sizeof line - 1);
                if (length <= 0) {
                    return 0;
                }
                line[length] = 0;
                if (sscanf(line, "%d %d", &delay, &loss) != 2) {
                    fprintf(stderr, "slow-net: no delay and loss: %s", line);
                    return 1;
                }
                printf("%d %d\n", delay, loss);
                fflush(stdout);
            }
            take_in(a, b, delay, loss);
            take_in(b, a, delay, loss);
        }
        give_out(now_us());
    }
}
