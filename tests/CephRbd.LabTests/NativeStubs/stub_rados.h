/*
 * A librados.so.2 that misbehaves at the first call that makes a handle. Build one with
 *   cc -shared -fPIC -pthread -Wl,-soname,librados.so.2 -o DIR/librados.so.2 stub_abort.c
 * and run the driver with LD_LIBRARY_PATH=DIR. The file that includes this one defines misbehave(), whose result
 * rados_create and rados_create2 return; every other function fails with -EINVAL.
 */
#include <stddef.h>
#include <stdint.h>

static int misbehave(void);

int rados_create(void **cluster, const char *id);
int rados_create2(void **cluster, const char *name, const char *user, uint64_t flags);
void rados_version(int *major, int *minor, int *extra);
void rados_shutdown(void *cluster);
void rados_buffer_free(char *buffer);
void rados_ioctx_destroy(void *io);

int rados_create(void **cluster, const char *id)
{
    (void)id;
    *cluster = NULL;
    return misbehave();
}

int rados_create2(void **cluster, const char *name, const char *user, uint64_t flags)
{
    (void)name, (void)user, (void)flags;
    *cluster = NULL;
    return misbehave();
}

void rados_version(int *major, int *minor, int *extra)
{
    *major = 3;
    *minor = *extra = 0;
}

void rados_shutdown(void *cluster)
{
    (void)cluster;
}

void rados_buffer_free(char *buffer)
{
    (void)buffer;
}

void rados_ioctx_destroy(void *io)
{
    (void)io;
}

#define FAILS(name)  \
    int name(void);  \
    int name(void)   \
    {                \
        return -22;  \
    }

FAILS(rados_conf_read_file)
FAILS(rados_conf_set)
FAILS(rados_conf_get)
FAILS(rados_connect)
FAILS(rados_pool_lookup)
FAILS(rados_ioctx_create)
FAILS(rados_cluster_stat)
FAILS(rados_cluster_fsid)
FAILS(rados_ping_monitor)
FAILS(rados_mon_command)
FAILS(rados_get_instance_id)
FAILS(rados_blacklist_add)
FAILS(rados_lock_exclusive)
FAILS(rados_lock_shared)
FAILS(rados_wait_for_latest_osdmap)
FAILS(rados_unlock)
FAILS(rados_break_lock)
FAILS(rados_ioctx_create2)
FAILS(rados_ioctx_get_id)
FAILS(rados_ioctx_get_pool_name)
FAILS(rados_ioctx_set_namespace)
FAILS(rados_read)
FAILS(rados_remove)
FAILS(rados_write_full)
FAILS(rados_list_lockers)
