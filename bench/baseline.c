/* The least that a mount of a formatted image can cost: a bare program that makes the
 * calls to librados and librbd the driver makes, in its order, and nothing else. Like
 * the driver it asks for the monitors on a second thread, reserves the image (on an object
 * of its own) and ends without an orderly shutdown of the connection.
 *
 *   baseline CONF ENTITY KEYRING POOL IMAGE
 */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define PIECE (1ULL << 20)
/* What the driver reads of each end to know a formatted image. */
#define HEAD (320ULL << 10)
#define TAIL (320ULL << 10)

static void *ask_monitors(void *cluster) {
  const char *command = "{\"prefix\":\"mon dump\",\"format\":\"json\"}";
  char *output = NULL;
  char *status = NULL;
  size_t output_length = 0;
  size_t status_length = 0;
  check(rados_mon_command(cluster, &command, 1, NULL, 0, &output, &output_length, &status, &status_length), "mon dump");
  rados_buffer_free(output);
  rados_buffer_free(status);
  return NULL;
}

static int start_reads(rbd_image_t image, char *memory, uint64_t offset, uint64_t length, rbd_completion_t *completion) {
  int count = 0;
  for (uint64_t end = offset + length; offset < end;) {
    uint64_t piece = PIECE - offset % PIECE;
    if (piece > end - offset) {
      piece = end - offset;
    }
    check(rbd_aio_create_completion(NULL, NULL, &completion[count]), "rbd_aio_create_completion");
    check(rbd_aio_read(image, offset, piece, memory, completion[count]), "rbd_aio_read");
    memory += piece;
    offset += piece;
    count++;
  }
  return count;
}

/* What keeps other writers out: a lock, who had the image last, who has it open or locked. */
static void reserve(rados_ioctx_t pool, rbd_image_t image, const char *object) {
  struct timeval time = {1, 0};
  char note[1 << 10];
  char text[4][1 << 10];
  size_t length[4] = {sizeof text[0], sizeof text[1], sizeof text[2], sizeof text[3]};
  int exclusive;
  rbd_image_watcher_t watchers[16];
  size_t count = 16;
  check(rados_lock_shared(pool, object, "reservation", "cookie", "tag", "writing", &time, 0), "rados_lock_shared");
  int result = rados_read(pool, object, note, sizeof note, 0);
  check(result == -ENOENT ? 0 : result, "rados_read");
  check(rbd_watchers_list(image, watchers, &count), "rbd_watchers_list");
  rbd_watchers_list_cleanup(watchers, count);
  check((int)rbd_list_lockers(image, &exclusive, text[0], &length[0], text[1], &length[1], text[2], &length[2], text[3], &length[3]),
        "rbd_list_lockers");
}

int main(int argc, char **argv) {
  rados_ioctx_t pool;
  rbd_image_t image;
  rbd_image_info_t info;
  rbd_completion_t completion[16];
  pthread_t monitors;
  char mark[1024];
  char object[256];
  char note[256];
  size_t mark_length = sizeof mark;
  if (argc != 6) {
    fprintf(stderr, "usage: baseline CONF ENTITY KEYRING POOL IMAGE\n");
    return 2;
  }
  rados_t cluster = connect_cluster(argv[1], argv[2], argv[3]);
  check(-pthread_create(&monitors, NULL, ask_monitors, cluster), "pthread_create");
  check(rados_ioctx_create(cluster, argv[4], &pool), argv[4]);
  check(rbd_open_read_only(pool, argv[5], &image, NULL), argv[5]);
  check(rbd_stat(image, &info, sizeof info), "rbd_stat");
  snprintf(object, sizeof object, "bench.reservation.%s", argv[5]);
  reserve(pool, image, object);
  if (rbd_metadata_get(image, "cephrbd.format", mark, &mark_length) >= 0) {
    fprintf(stderr, "the image is not formatted\n");
    return 1;
  }
  /* The head and the tail, as fresh memory as the driver's. */
  char *memory = mmap(NULL, HEAD + TAIL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
  int count = start_reads(image, memory, 0, HEAD, completion);
  count += start_reads(image, memory + HEAD, info.size - TAIL, TAIL, completion + count);
  for (int i = 0; i < count; i++) {
    check(rbd_aio_wait_for_complete(completion[i]), "rbd_aio_wait_for_complete");
    check((int)rbd_aio_get_return_value(completion[i]), "a read");
    rbd_aio_release(completion[i]);
  }
  memset(note, ' ', sizeof note);
  check(rados_write_full(pool, object, note, sizeof note), "rados_write_full");
  check(rbd_close(image), "rbd_close");
  check(-pthread_join(monitors, NULL), "pthread_join");
  rados_ioctx_destroy(pool);
  puts("done");
  fflush(stdout);
  _exit(0);
}
