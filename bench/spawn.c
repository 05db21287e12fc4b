/* Runs commands in turn, A B A B ..., and prints wall time and peak memory of each run.
 *
 *   spawn [-n RUNS] [-w WARM-UPS] [-t SECONDS] [-o FILE] SPEC...
 *
 * prints "SPEC-file's-name wall_us maxrss_KiB user_us sys_us" for each run. Warm-up runs come first and
 * do not count. A run that takes longer than SECONDS is killed. FILE gets the output of
 * all counted runs; without it, output is only shown when a run fails.
 * A spec is a file of lines, each a word and a value:
 *   run ARG      one argument of the measured command, the program's path first
 *   after ARG    one argument of a command that puts things back; not measured
 *   expect TEXT  must occur in the output of the measured command
 * "%d" in an argument stands for the number of the run. The peak is the kernel's
 * ru_maxrss: of the process or of the largest child it waited for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ARGS = 64, MAX_SPECS = 8 };

struct command {
  char *arg[MAX_ARGS + 1];
  int count;
};

struct spec {
  char *name;
  struct command run, after;
  char *expect;
};

static volatile sig_atomic_t running;
static volatile sig_atomic_t stopped;
static unsigned seconds = 60;
static FILE *outputs;

static void die(const char *what) {
  fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
  exit(2);
}

/* The time of a run is over, or ours is. */
static void end_child(int signal) {
  stopped = signal != SIGALRM;
  if (running > 0) {
    kill(-running, SIGKILL);
  }
}

static void add(struct command *command, const char *arg) {
  if (command->count == MAX_ARGS) {
    errno = E2BIG;
    die("a spec");
  }
  command->arg[command->count++] = strdup(arg);
}

static struct spec read_spec(char *path) {
  struct spec spec = {.name = strdup(basename(strdup(path)))};
  FILE *file = fopen(path, "re");
  char *line = NULL;
  size_t size = 0;
  if (file == NULL) {
    die(path);
  }
  while (getline(&line, &size, file) > 0) {
    char *value = strchr(line, ' ');
    if (value == NULL) {
      errno = EINVAL;
      die(path);
    }
    *value++ = '\0';
    value[strcspn(value, "\n")] = '\0';
    if (strcmp(line, "run") == 0) {
      add(&spec.run, value);
    } else if (strcmp(line, "after") == 0) {
      add(&spec.after, value);
    } else if (strcmp(line, "expect") == 0) {
      spec.expect = strdup(value);
    } else {
      errno = EINVAL;
      die(path);
    }
  }
  free(line);
  fclose(file);
  return spec;
}

/* A copy of the arguments with the run's number put in. */
static void number(const struct command *command, int run, char **out) {
  for (int i = 0; i < command->count; i++) {
    const char *mark = strstr(command->arg[i], "%d");
    if (mark == NULL) {
      out[i] = strdup(command->arg[i]);
    } else if (asprintf(&out[i], "%.*s%d%s", (int)(mark - command->arg[i]), command->arg[i], run, mark + 2) < 0) {
      die("asprintf");
    }
  }
  out[command->count] = NULL;
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Runs one command with its output in a memory file; returns its wall time. */
static int64_t execute(const struct command *command, int run, const char *expect, struct rusage *usage, bool keep) {
  static char text[1 << 16];
  char *args[MAX_ARGS + 1];
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t pid;
  int status;
  if (stopped) {
    exit(1);
  }
  int output = memfd_create("output", MFD_CLOEXEC);
  if (output < 0) {
    die("memfd_create");
  }
  number(command, run, args);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  extern char **environ;
  int64_t start = now_us();
  int error = posix_spawn(&pid, args[0], &actions, &attributes, args, environ);
  if (error != 0) {
    errno = error;
    die(args[0]);
  }
  running = pid;
  alarm(seconds);
  while (wait4(pid, &status, 0, usage) < 0) {
    if (errno != EINTR) {
      die("wait4");
    }
  }
  int64_t wall = now_us() - start;
  alarm(0);
  running = 0;
  ssize_t length = pread(output, text, sizeof text - 1, 0);
  text[length < 0 ? 0 : length] = '\0';
  if (status != 0 || (expect != NULL && strstr(text, expect) == NULL)) {
    fprintf(stderr, "spawn: %s, run %d: wait status %d after %lld ms: %s\n", args[0], run, status, (long long)wall / 1000, text);
    exit(1);
  }
  if (keep && outputs != NULL) {
    fputs(text, outputs);
  }
  for (char **arg = args; *arg != NULL; arg++) {
    free(*arg);
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(output);
  return wall;
}

int main(int argc, char **argv) {
  struct spec spec[MAX_SPECS];
  struct rusage usage;
  int runs = 15;
  int warm_ups = 1;
  int option;
  while ((option = getopt(argc, argv, "n:w:t:o:")) != -1) {
    switch (option) {
      case 'n':
        runs = atoi(optarg);
        break;
      case 'w':
        warm_ups = atoi(optarg);
        break;
      case 't':
        seconds = (unsigned)atoi(optarg);
        break;
      case 'o':
        outputs = fopen(optarg, "we");
        if (outputs == NULL) {
          die(optarg);
        }
        break;
      default:
        return 2;
    }
  }
  int count = argc - optind;
  if (count < 1 || count > MAX_SPECS) {
    fprintf(stderr, "usage: spawn [-n RUNS] [-w WARM-UPS] [-t SECONDS] [-o FILE] SPEC...\n");
    return 2;
  }
  signal(SIGALRM, end_child);
  signal(SIGTERM, end_child);
  signal(SIGINT, end_child);
  for (int i = 0; i < count; i++) {
    spec[i] = read_spec(argv[optind + i]);
  }
  for (int run = 1 - warm_ups; run <= runs; run++) {
    for (int i = 0; i < count; i++) {
      int64_t wall = execute(&spec[i].run, run, spec[i].expect, &usage, run > 0);
      if (run > 0) {
        printf("%s %lld %ld %lld %lld\n", spec[i].name, (long long)wall, usage.ru_maxrss,
               usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec, usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec);
        fflush(stdout);
      }
      if (spec[i].after.count > 0) {
        execute(&spec[i].after, run, NULL, &usage, false);
      }
    }
  }
  if (outputs != NULL && fclose(outputs) != 0) {
    die("the outputs' file");
  }
  return 0;
}
