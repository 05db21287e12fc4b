/* What the cluster takes for the bytes of a new file system alone: creates an image, and
 * writes into it the non-zero blocks of a sparse file, as the driver does it: runs that
 * end at an object's border, sixteen writes under way, one flush at the end. Prints the
 * microseconds from the first write to the end of the flush, and removes the image.
 *
 *   extents CONF ENTITY KEYRING POOL IMAGE FILE
 */
#define _GNU_SOURCE
#include "client.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 64, MAX_RUNS = 1 << 16, BLOCK = 4096, BRIDGE = 32 << 10, FEATURES = 61 };

#define OBJECT (4ULL << 20)

struct run {
  uint64_t offset, length;
};

static struct run runs[MAX_RUNS];
static int run_count;

static bool is_zero(const char *block) {
  return block[0] == 0 && memcmp(block, block + 1, BLOCK - 1) == 0;
}

static void add_block(uint64_t offset) {
  struct run *last = run_count > 0 ? &runs[run_count - 1] : NULL;
  if (last != NULL && last->offset / OBJECT == offset / OBJECT && offset - (last->offset + last->length) <= BRIDGE) {
    last->length = offset + BLOCK - last->offset;
    return;
  }
  if (run_count == MAX_RUNS) {
    fprintf(stderr, "too many extents\n");
    exit(1);
  }
  runs[run_count++] = (struct run){offset, BLOCK};
}

static void find_runs(int file, const char *memory, off_t size) {
  for (off_t at = 0; (at = lseek(file, at, SEEK_DATA)) >= 0 && at < size;) {
    off_t end = lseek(file, at, SEEK_HOLE);
    for (at -= at % BLOCK; at < end; at += BLOCK) {
      if (!is_zero(memory + at)) {
        add_block((uint64_t)at);
      }
    }
  }
}

static void finish(rbd_completion_t completion) {
  check(rbd_aio_wait_for_complete(completion), "rbd_aio_wait_for_complete");
  check((int)rbd_aio_get_return_value(completion), "a write");
  rbd_aio_release(completion);
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int main(int argc, char **argv) {
  rados_ioctx_t pool;
  rbd_image_t image;
  rbd_image_options_t options;
  rbd_completion_t completion[WINDOW];
  struct stat status;
  uint64_t bytes = 0;
  if (argc != 7) {
    fprintf(stderr, "usage: extents CONF ENTITY KEYRING POOL IMAGE FILE\n");
    return 2;
  }
  int file = open(argv[6], O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &status) != 0) {
    perror(argv[6]);
    return 1;
  }
  char *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (memory == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
  find_runs(file, memory, status.st_size);
  rados_t cluster = connect_cluster(argv[1], argv[2], argv[3]);
  check(rados_ioctx_create(cluster, argv[4], &pool), argv[4]);
  rbd_image_options_create(&options);
  check(rbd_image_options_set_uint64(options, RBD_IMAGE_OPTION_FEATURES, FEATURES), "features");
  check(rbd_create4(pool, argv[5], (uint64_t)status.st_size, options), argv[5]);
  rbd_image_options_destroy(options);
  check(rbd_open(pool, argv[5], &image, NULL), argv[5]);
  int64_t start = now_us();
  for (int i = 0; i < run_count; i++) {
    rbd_completion_t *slot = &completion[i % WINDOW];
    if (i >= WINDOW) {
      finish(*slot);
    }
    check(rbd_aio_create_completion(NULL, NULL, slot), "rbd_aio_create_completion");
    check(rbd_aio_write(image, runs[i].offset, runs[i].length, memory + runs[i].offset, *slot), "rbd_aio_write");
    bytes += runs[i].length;
  }
  for (int i = run_count > WINDOW ? run_count - WINDOW : 0; i < run_count; i++) {
    finish(completion[i % WINDOW]);
  }
  check(rbd_flush(image), "rbd_flush");
  int64_t wall = now_us() - start;
  check(rbd_close(image), "rbd_close");
  check(rbd_remove(pool, argv[5]), "rbd_remove");
  rados_ioctx_destroy(pool);
  rados_shutdown(cluster);
  printf("%lld us for %llu bytes in %d writes\n", (long long)wall, (unsigned long long)bytes, run_count);
  return 0;
}
