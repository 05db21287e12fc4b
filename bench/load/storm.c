/* Many calls of the driver under way at a time, each for another volume, at random.
 *
 *   storm -n VOLUMES -k AT-ONCE -s SECONDS -i IMAGE -d DIR -o OPTIONS-FILE -w tag|data
 *         [-f] [-r SEED] [-t SECONDS-A-CALL] PROGRAM [SWITCH...]
 *
 * "%d" in IMAGE, DIR and the options stands for the volume's number, from 1 on. Volumes that
 * are not mounted are mounted; of those that are, one of eight is mounted again, and the
 * others are unmounted. With -f all are mounted first. In the end all are unmounted.
 * Every call has to say Success in one line and end with status 0. After a mount the dir is
 * looked into: with "tag" for the tag of this volume, with "data" for the number that was left
 * there by the mount before, and a new one is left. After an unmount the dir has to be empty.
 * stdout, for each call:  call PHASE VERB wall_us user_us sys_us maxrss_KiB IMAGE
 * and for each phase:     time PHASE wall_us calls
 * Exit status 1 when a call failed or a dir did not hold what it should; stderr says what.
 */
#define _GNU_SOURCE
#include "volume.h"

#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_VOLUMES = 1000, MAX_AT_ONCE = 128, MAX_SWITCHES = 16, MOST_FAILURES = 10 };

enum verb { MOUNT, AGAIN, UNMOUNT };
static const char *const verb_names[] = {"mount", "again", "unmount"};

struct call {
  pid_t pid; /* 0: free */
  int volume, output;
  enum verb verb;
  int64_t start;
  bool late;
};

static struct volume volumes[MAX_VOLUMES];
static struct call calls[MAX_AT_ONCE];
static char **program;
static int switches, volume_count, at_once = 1, running;
static long seconds_a_call = 120;
static bool data;
static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

static void tick(int signal) {
  (void)signal;
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void start(enum verb verb, int number) {
  struct call *call = calls;
  struct volume *volume = &volumes[number];
  char *args[MAX_SWITCHES + 5];
  int count = 0;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  extern char **environ;
  while (call->pid != 0) {
    call++;
  }
  for (; count < switches; count++) {
    args[count] = program[count];
  }
  args[count++] = verb == UNMOUNT ? "unmount" : "mount";
  args[count++] = volume->dir;
  if (verb != UNMOUNT) {
    args[count++] = volume->options;
  }
  args[count] = NULL;
  *call = (struct call){.volume = number, .verb = verb, .output = memfd_create("output", MFD_CLOEXEC)};
  if (call->output < 0) {
    die("memfd_create");
  }
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, call->output, 1);
  posix_spawn_file_actions_adddup2(&actions, call->output, 2);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  call->start = now_us();
  errno = posix_spawn(&call->pid, args[0], &actions, &attributes, args, environ);
  if (errno != 0) {
    die(args[0]);
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  volume->busy = true;
  running++;
}

static void finish(struct call *call, int status, const struct rusage *usage, const char *phase) {
  static char text[1 << 16];
  struct volume *volume = &volumes[call->volume];
  const char *verb = verb_names[call->verb];
  int64_t wall = now_us() - call->start;
  int before = failures;
  ssize_t length = pread(call->output, text, sizeof text - 1, 0);
  text[length < 0 ? 0 : length] = '\0';
  close(call->output);
  char *end = strchr(text, '\n');
  if (call->late) {
    failed(verb, volume, stopped ? "was killed: the storm is to stop" : "was killed: it took longer than the limit of a call", text);
  } else if (status != 0 || end == NULL || end[1] != '\0' || strncmp(text, "{\"status\":\"Success\"", 19) != 0) {
    failed(verb, volume, "no Success", text);
  }
  if (failures == before && call->verb == UNMOUNT) {
    check_empty(verb, volume);
  } else if (failures == before && !data) {
    check_tag(verb, volume);
  } else if (failures == before) {
    check_data(verb, volume);
  }
  if (failures == before) {
    volume->mounted = call->verb != UNMOUNT;
  }
  printf("call %s %s %lld %lld %lld %ld %s\n", phase, verb_names[call->verb], (long long)wall,
         usage->ru_utime.tv_sec * 1000000LL + usage->ru_utime.tv_usec, usage->ru_stime.tv_sec * 1000000LL + usage->ru_stime.tv_usec,
         usage->ru_maxrss, volume->image);
  volume->busy = false;
  call->pid = 0;
  running--;
}

/* Waits for one call to end; those that take too long are killed. */
static void wait_for_one(const char *phase) {
  int status;
  struct rusage usage;
  pid_t pid;
  while ((pid = wait4(-1, &status, 0, &usage)) < 0) {
    if (errno != EINTR) {
      die("wait4");
    }
    for (int i = 0; i < at_once; i++) {
      if (calls[i].pid != 0 && (stopped || now_us() - calls[i].start > seconds_a_call * 1000000)) {
        calls[i].late = true;
        kill(-calls[i].pid, SIGKILL);
      }
    }
  }
  for (int i = 0; i < at_once; i++) {
    if (calls[i].pid == pid) {
      finish(&calls[i], status, &usage, phase);
      return;
    }
  }
}

/* A volume that no call is for, from a random one on; with "want" 0 or 1 only of that state. -1: none. */
static int pick(int want) {
  int from = (int)(random() % volume_count);
  for (int i = 0; i < volume_count; i++) {
    int at = (from + i) % volume_count;
    if (!volumes[at].busy && (want < 0 || volumes[at].mounted == (want == 1))) {
      return at;
    }
  }
  return -1;
}

/* want: 0 mounts what is not mounted, 1 unmounts what is, -1 does either for so many seconds. */
static void run_phase(const char *phase, int want, long seconds) {
  int64_t began = now_us();
  int64_t end = want < 0 ? began + seconds * 1000000 : INT64_MAX;
  int count = 0;
  for (;;) {
    int number = -1;
    /* A drain goes on after failures, as kubelet would, but not for ever. */
    while (!stopped && running < at_once && now_us() < end && failures < MOST_FAILURES && (number = pick(want)) >= 0) {
      enum verb verb = !volumes[number].mounted ? MOUNT : want < 0 && random() % 8 == 0 ? AGAIN : UNMOUNT;
      start(verb, number);
      count++;
    }
    if (running == 0) {
      break;
    }
    wait_for_one(phase);
  }
  printf("time %s %lld %d\n", phase, (long long)(now_us() - began), count);
  fflush(stdout);
}

static void handle(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  if (sigaction(number, &action, NULL) != 0) {
    die("sigaction");
  }
}

int main(int argc, char **argv) {
  const char *image = NULL, *dir = NULL, *options = NULL, *options_file = NULL, *watch = NULL;
  long seconds = -1, seed = 1;
  bool fill = false;
  int option;
  while ((option = getopt(argc, argv, "+n:k:s:i:d:o:w:fr:t:")) != -1) {
    switch (option) {
      case 'n': volume_count = atoi(optarg); break;
      case 'k': at_once = atoi(optarg); break;
      case 's': seconds = atol(optarg); break;
      case 'i': image = optarg; break;
      case 'd': dir = optarg; break;
      case 'o': options_file = optarg; break;
      case 'w': watch = optarg; break;
      case 'f': fill = true; break;
      case 'r': seed = atol(optarg); break;
      case 't': seconds_a_call = atol(optarg); break;
      default: return 2;
    }
  }
  program = argv + optind;
  switches = argc - optind;
  data = watch != NULL && strcmp(watch, "data") == 0;
  if (image == NULL || dir == NULL || options_file == NULL || switches < 1 || switches > MAX_SWITCHES || seconds < 0 || volume_count < 1 ||
      volume_count > MAX_VOLUMES || at_once < 1 || at_once > MAX_AT_ONCE || watch == NULL || (!data && strcmp(watch, "tag") != 0)) {
    fprintf(stderr, "usage: storm -n VOLUMES -k AT-ONCE -s SECONDS -i IMAGE -d DIR -o OPTIONS-FILE -w tag|data [-f] [-r SEED] [-t SECONDS] PROGRAM [SWITCH...]\n");
    return 2;
  }
  options = read_file(options_file);
  if (options == NULL) {
    die(options_file);
  }
  options = strdup(options);
  srandom((unsigned)seed);
  for (int i = 0; i < volume_count; i++) {
    volumes[i] = (struct volume){.image = numbered(image, i + 1), .dir = numbered(dir, i + 1), .options = numbered(options, i + 1)};
    if (mkdir(volumes[i].dir, 0750) != 0 && errno != EEXIST) {
      die(volumes[i].dir);
    }
  }
  handle(SIGTERM, stop);
  handle(SIGINT, stop);
  handle(SIGALRM, tick);
  struct itimerval each_second = {{1, 0}, {1, 0}};
  setitimer(ITIMER_REAL, &each_second, NULL);
  if (fill) {
    run_phase("fill", 0, 0);
  }
  run_phase("storm", -1, seconds);
  run_phase("drain", 1, 0);
  if (failures > 0 || stopped) {
    fprintf(stderr, "storm: %s; %d failures, seed %ld\n", stopped ? "it was stopped" : "it is over", failures, seed);
    return 1;
  }
  return 0;
}
