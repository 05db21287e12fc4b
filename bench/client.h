/* What the C programs share: a connection set up as the driver's is, and failing. */
#ifndef CLIENT_H
#define CLIENT_H

#include <rados/librados.h>
#include <rbd/librbd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void check(int result, const char *what) {
  if (result < 0) {
    fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(1);
  }
}

/* The key of the only user in a keyring file, as the driver hands it to librados. */
static inline void read_key(const char *keyring, char *key, size_t size) {
  char line[512];
  FILE *file = fopen(keyring, "re");
  char *at = NULL;
  if (file == NULL) {
    perror(keyring);
    exit(1);
  }
  while (at == NULL && fgets(line, sizeof line, file) != NULL) {
    at = strstr(line, "key = ");
  }
  fclose(file);
  if (at == NULL) {
    fprintf(stderr, "%s: no key\n", keyring);
    exit(1);
  }
  snprintf(key, size, "%s", at + 6);
  key[strcspn(key, " \t\r\n")] = '\0';
}

/* The driver's calls in the driver's order. */
static inline rados_t connect_cluster(const char *conf, const char *entity, const char *keyring) {
  static const char *const settings[][2] = {
      {"log_to_stderr", "false"},    {"err_to_stderr", "false"},     {"log_to_file", "false"},
      {"log_file", ""},              {"admin_socket", ""},           {"ms_async_op_threads", "1"},
      {"librados_thread_count", "1"}, {"client_mount_timeout", "28"}, {"rados_mon_op_timeout", "28"},
      {"rados_osd_op_timeout", "28"}, {"keyring", ""},
  };
  char key[128];
  rados_t cluster;
  read_key(keyring, key, sizeof key);
  check(rados_create2(&cluster, "ceph", entity, 0), "rados_create2");
  check(rados_conf_read_file(cluster, conf), conf);
  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
    check(rados_conf_set(cluster, settings[i][0], settings[i][1]), settings[i][0]);
  }
  check(rados_conf_set(cluster, "key", key), "key");
  check(rados_connect(cluster), "rados_connect");
  return cluster;
}

#endif
