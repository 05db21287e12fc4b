/* Many images of a pool at once.
 *
 *   images create CONF ENTITY KEYRING POOL PREFIX COUNT MIB   makes PREFIX1 to PREFIXn, blank
 *   images look CONF ENTITY KEYRING POOL PREFIX COUNT         prints each one's name and id, and
 *                                                            who has it open or locked
 */
#define _GNU_SOURCE
#include "../client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 16, MAX_WATCHERS = 16 };

static rados_t cluster;
static const char *pool_name, *prefix;
static int count;
static uint64_t bytes; /* 0: look at them */
static atomic_int next = 1;

static void create(rados_ioctx_t pool, const char *name) {
  rbd_image_options_t options;
  rbd_image_options_create(&options);
  /* As the driver makes them. */
  check(rbd_image_options_set_uint64(options, RBD_IMAGE_OPTION_FEATURES, 61), "features");
  check(rbd_create4(pool, name, bytes, options), name);
  rbd_image_options_destroy(options);
}

static void look(rados_ioctx_t pool, const char *name) {
  rbd_image_t image;
  rbd_image_watcher_t found[MAX_WATCHERS];
  size_t length = MAX_WATCHERS;
  char id[256], tag[256], clients[1024], cookies[1024], addresses[1024];
  size_t tag_size = sizeof tag, clients_size = sizeof clients, cookies_size = sizeof cookies, addresses_size = sizeof addresses;
  int exclusive;
  check(rbd_open_read_only(pool, name, &image, NULL), name);
  check(rbd_get_id(image, id, sizeof id), name);
  printf("image %s %s\n", name, id);
  check(rbd_watchers_list(image, found, &length), name);
  for (size_t i = 0; i < length; i++) {
    printf("%s is open: client.%lld at %s\n", name, (long long)found[i].id, found[i].addr);
  }
  rbd_watchers_list_cleanup(found, length);
  ssize_t locks = rbd_list_lockers(image, &exclusive, tag, &tag_size, clients, &clients_size, cookies, &cookies_size, addresses, &addresses_size);
  check((int)locks, name);
  if (locks > 0) {
    printf("%s is locked: %s at %s\n", name, clients, addresses);
  }
  check(rbd_close(image), name);
}

static void *work(void *unused) {
  rados_ioctx_t pool;
  char name[128];
  (void)unused;
  check(rados_ioctx_create(cluster, pool_name, &pool), pool_name);
  for (int number; (number = atomic_fetch_add(&next, 1)) <= count;) {
    snprintf(name, sizeof name, "%s%d", prefix, number);
    (bytes > 0 ? create : look)(pool, name);
  }
  rados_ioctx_destroy(pool);
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t thread[THREADS];
  if (!(argc == 9 && strcmp(argv[1], "create") == 0) && !(argc == 8 && strcmp(argv[1], "look") == 0)) {
    fprintf(stderr, "usage: images create CONF ENTITY KEYRING POOL PREFIX COUNT MIB | images look CONF ENTITY KEYRING POOL PREFIX COUNT\n");
    return 2;
  }
  cluster = connect_cluster(argv[2], argv[3], argv[4]);
  pool_name = argv[5];
  prefix = argv[6];
  count = atoi(argv[7]);
  bytes = argc == 9 ? (uint64_t)atoll(argv[8]) << 20 : 0;
  for (int i = 0; i < THREADS; i++) {
    check(-pthread_create(&thread[i], NULL, work, NULL), "pthread_create");
  }
  for (int i = 0; i < THREADS; i++) {
    check(-pthread_join(thread[i], NULL), "pthread_join");
  }
  fflush(stdout);
  _exit(0);
}
