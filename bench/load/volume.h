/* A volume of the storm: its names, and what its dir has to hold after a call. */
#ifndef VOLUME_H
#define VOLUME_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct volume {
  char *image, *dir, *options;
  bool mounted, busy, known;
  long long left; /* the number that the last mount left in the dir */
};

static int failures;

static void die(const char *what) {
  fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
  exit(2);
}

static char *numbered(const char *text, int number) {
  size_t size;
  char *result = NULL;
  FILE *out = open_memstream(&result, &size);
  if (out == NULL) {
    die("memory");
  }
  for (const char *mark; (mark = strstr(text, "%d")) != NULL; text = mark + 2) {
    fprintf(out, "%.*s%d", (int)(mark - text), text, number);
  }
  fputs(text, out);
  if (fclose(out) != 0) {
    die("memory");
  }
  return result;
}

static char *read_file(const char *path) {
  static char text[1 << 16];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length;
  if (file < 0) {
    return NULL;
  }
  length = read(file, text, sizeof text - 1);
  close(file);
  if (length < 0) {
    return NULL;
  }
  text[length] = '\0';
  text[strcspn(text, "\n")] = '\0';
  return text;
}

static void failed(const char *verb, const struct volume *volume, const char *what, const char *more) {
  failures++;
  fprintf(stderr, "storm: %s of %s: %s%s%s\n", verb, volume->image, what, *more ? ": " : "", more);
}

/* What a mount has to leave in the dir of runtime hyper: this volume's tag and no other's. */
static void check_tag(const char *verb, const struct volume *volume) {
  char *path, *wanted, *text;
  if (asprintf(&path, "%s/hyper-flexvolume.json", volume->dir) < 0 || asprintf(&wanted, "\"volumeID\":\"%s\"", volume->image) < 0) {
    die("memory");
  }
  text = read_file(path);
  /* The text holds a key and is not shown. */
  if (text == NULL || strstr(text, wanted) == NULL) {
    failed(verb, volume, "the dir does not hold the tag of this volume", text == NULL ? strerror(errno) : "it is another's");
  }
  free(path);
  free(wanted);
}

/* What was written before the last unmount is still there; something new is written. */
static void check_data(const char *verb, struct volume *volume) {
  char *path, found[64] = "nothing", wanted[64];
  char *text;
  FILE *file;
  if (asprintf(&path, "%s/storm", volume->dir) < 0) {
    die("memory");
  }
  text = read_file(path);
  if (text != NULL) {
    snprintf(found, sizeof found, "%s", text);
    if (!volume->known) {
      char *number = strrchr(found, ' ');
      volume->left = number == NULL ? -1 : atoll(number);
    }
  }
  snprintf(wanted, sizeof wanted, "%.40s %lld", volume->image, volume->left);
  if ((text != NULL || volume->known) && strcmp(found, wanted) != 0) {
    char *both;
    if (asprintf(&both, "\"%s\", not \"%s\"", found, wanted) < 0) {
      die("memory");
    }
    failed(verb, volume, "data is lost or another's: the volume holds", both);
    free(both);
  }
  volume->known = true;
  volume->left++;
  file = fopen(path, "we");
  if (file == NULL || fprintf(file, "%.40s %lld\n", volume->image, volume->left) < 0 || fclose(file) != 0) {
    failed(verb, volume, "the volume cannot be written to", strerror(errno));
  }
  free(path);
}

static void check_empty(const char *verb, const struct volume *volume) {
  DIR *dir = opendir(volume->dir);
  const struct dirent *entry;
  if (dir == NULL) {
    failed(verb, volume, "its dir cannot be read", strerror(errno));
    return;
  }
  while ((entry = readdir(dir)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      failed(verb, volume, "its dir is not empty", entry->d_name);
      break;
    }
  }
  closedir(dir);
}

#endif
