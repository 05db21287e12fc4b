/*
 * Begins to watch an object while its OSD is stopped, as a client that opens an image does: it tells "ready" once it is
 * connected, begins at a line on its standard input, and is killed meanwhile.
 *   half-watch CONF POOL OBJECT
 */
#include <stdint.h>
#include <stdio.h>

typedef void *rados_t;
typedef void *rados_ioctx_t;

int rados_create(rados_t *cluster, const char *id);
int rados_conf_read_file(rados_t cluster, const char *path);
int rados_connect(rados_t cluster);
int rados_ioctx_create(rados_t cluster, const char *pool, rados_ioctx_t *context);
int rados_stat(rados_ioctx_t context, const char *object, uint64_t *size, void *time);
int rados_watch2(rados_ioctx_t context, const char *object, uint64_t *cookie, void *notified, void *failed, void *argument);

static void ignore(void) {}

int main(int argc, char **argv)
{
    rados_t cluster;
    rados_ioctx_t context;
    uint64_t number;
    char line[8];

    if (argc != 4 || rados_create(&cluster, "admin") != 0 || rados_conf_read_file(cluster, argv[1]) != 0 ||
        rados_connect(cluster) != 0 || rados_ioctx_create(cluster, argv[2], &context) != 0 ||
        rados_stat(context, argv[3], &number, NULL) != 0)
        return 1;
    puts("ready");
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL)
        return 1;
    return rados_watch2(context, argv[3], &number, (void *)ignore, (void *)ignore, NULL) != 0;
}
