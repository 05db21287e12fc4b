/* A wire with a length: hands Ethernet frames from one tap to another, each so much later.
 * The taps lie in network namespaces of their own and exist already. It needs no module of
 * the kernel's for that (sch_netem), which not every kernel has.
 *
 *   delay MICROSECONDS NETNS TAP NETNS TAP
 *
 * says "ready" once it does, and goes on until SIGTERM.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES = 4096, FRAME_BYTES = 2048 };

struct frame {
  int64_t due;
  ssize_t length;
  char bytes[FRAME_BYTES];
};

/* What is under way in one direction, oldest first. */
struct direction {
  int from, to;
  unsigned head, count;
  struct frame frame[FRAMES];
};

static struct direction directions[2];

static void die(const char *what) {
  fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_tap(const char *network, const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  char path[256];
  int space, tap;
  snprintf(path, sizeof path, "/run/netns/%s", network);
  space = open(path, O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) != 0) {
    die(path);
  }
  close(space);
  tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0) {
    die(name);
  }
  return tap;
}

/* Takes in what has come; a full queue leaves the rest to the tap's own. */
static void take(struct direction *d, int64_t delay) {
  while (d->count < FRAMES) {
    struct frame *frame = &d->frame[(d->head + d->count) % FRAMES];
    frame->length = read(d->from, frame->bytes, FRAME_BYTES);
    if (frame->length < 0) {
      if (errno != EAGAIN && errno != EINTR) {
        die("a tap");
      }
      return;
    }
    frame->due = now_ns() + delay;
    d->count++;
  }
}

/* Hands on what is due. Returns when the next one is; INT64_MAX for none. */
static int64_t give(struct direction *d) {
  while (d->count > 0 && d->frame[d->head].due <= now_ns()) {
    const struct frame *frame = &d->frame[d->head];
    if (write(d->to, frame->bytes, (size_t)frame->length) < 0 && errno != EIO && errno != EAGAIN) {
      die("a tap"); /* EIO: its device is down; a frame may be lost on any wire */
    }
    d->head = (d->head + 1) % FRAMES;
    d->count--;
  }
  return d->count > 0 ? d->frame[d->head].due : INT64_MAX;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: delay MICROSECONDS NETNS TAP NETNS TAP\n");
    return 2;
  }
  int64_t delay = atoll(argv[1]) * 1000;
  int near = open_tap(argv[2], argv[3]);
  int far = open_tap(argv[4], argv[5]);
  directions[0].from = directions[1].to = near;
  directions[0].to = directions[1].from = far;
  /* A wire does not wait for a processor; and a sleep of it ends when it should. */
  if (setpriority(PRIO_PROCESS, 0, -20) != 0 || prctl(PR_SET_TIMERSLACK, 1) != 0) {
    die("its own priority");
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    int64_t next = INT64_MAX;
    struct pollfd waits[2];
    struct timespec left, *limit = NULL;
    for (int i = 0; i < 2; i++) {
      take(&directions[i], delay);
      int64_t due = give(&directions[i]);
      next = due < next ? due : next;
      waits[i] = (struct pollfd){.fd = directions[i].from, .events = directions[i].count < FRAMES ? POLLIN : 0};
    }
    if (next != INT64_MAX) {
      int64_t ns = next - now_ns();
      ns = ns > 0 ? ns : 0;
      left = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
      limit = &left;
    }
    if (ppoll(waits, 2, limit, NULL) < 0 && errno != EINTR) {
      die("ppoll");
    }
  }
}
