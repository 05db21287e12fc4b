/*
 * Every function of librados and librbd that the driver binds, with the prototype that its C#
 * declaration was written from. Compiled with -Werror against the real headers: an assignment fails
 * if a prototype differs. Run, it prints the layout that the C# structs must have.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>

#include <rados/librados.h>
#include <rbd/librbd.h>

/* rbd_list still has no successor in the oldest release that is supported. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define SAME(result, name, ...) static result (*const check_##name)(__VA_ARGS__) __attribute__((unused)) = &name

SAME(void, rados_version, int *, int *, int *);
SAME(int, rados_create2, rados_t *, const char *, const char *, uint64_t);
SAME(int, rados_conf_read_file, rados_t, const char *);
SAME(int, rados_conf_set, rados_t, const char *, const char *);
SAME(int, rados_conf_get, rados_t, const char *, char *, size_t);
SAME(int, rados_connect, rados_t);
SAME(void, rados_shutdown, rados_t);
SAME(int, rados_cluster_fsid, rados_t, char *, size_t);
SAME(uint64_t, rados_get_instance_id, rados_t);
SAME(int64_t, rados_pool_lookup, rados_t, const char *);
SAME(int, rados_ioctx_create, rados_t, const char *, rados_ioctx_t *);
SAME(int, rados_ioctx_create2, rados_t, int64_t, rados_ioctx_t *);
SAME(void, rados_ioctx_destroy, rados_ioctx_t);
SAME(void, rados_ioctx_set_namespace, rados_ioctx_t, const char *);
SAME(int64_t, rados_ioctx_get_id, rados_ioctx_t);
SAME(int, rados_ioctx_get_pool_name, rados_ioctx_t, char *, unsigned);
SAME(int, rados_mon_command, rados_t, const char **, size_t, const char *, size_t, char **, size_t *, char **,
     size_t *);
SAME(int, rados_wait_for_latest_osdmap, rados_t);
SAME(void, rados_buffer_free, char *);
SAME(int, rados_lock_exclusive, rados_ioctx_t, const char *, const char *, const char *, const char *,
     struct timeval *, uint8_t);
SAME(int, rados_lock_shared, rados_ioctx_t, const char *, const char *, const char *, const char *, const char *,
     struct timeval *, uint8_t);
SAME(int, rados_unlock, rados_ioctx_t, const char *, const char *, const char *);
SAME(ssize_t, rados_list_lockers, rados_ioctx_t, const char *, const char *, int *, char *, size_t *, char *,
     size_t *, char *, size_t *, char *, size_t *);
SAME(int, rados_break_lock, rados_ioctx_t, const char *, const char *, const char *, const char *);
SAME(int, rados_remove, rados_ioctx_t, const char *);
SAME(int, rados_write_full, rados_ioctx_t, const char *, const char *, size_t);
SAME(int, rados_read, rados_ioctx_t, const char *, char *, size_t, uint64_t);

SAME(void, rbd_version, int *, int *, int *);
SAME(void, rbd_image_options_create, rbd_image_options_t *);
SAME(void, rbd_image_options_destroy, rbd_image_options_t);
SAME(int, rbd_image_options_set_uint64, rbd_image_options_t, int, uint64_t);
SAME(int, rbd_image_options_set_string, rbd_image_options_t, int, const char *);
SAME(int, rbd_create4, rados_ioctx_t, const char *, uint64_t, rbd_image_options_t);
SAME(int, rbd_remove, rados_ioctx_t, const char *);
SAME(int, rbd_list, rados_ioctx_t, char *, size_t *);
SAME(int, rbd_open, rados_ioctx_t, const char *, rbd_image_t *, const char *);
SAME(int, rbd_open_read_only, rados_ioctx_t, const char *, rbd_image_t *, const char *);
SAME(int, rbd_close, rbd_image_t);
SAME(int, rbd_stat, rbd_image_t, rbd_image_info_t *, size_t);
SAME(int, rbd_get_features, rbd_image_t, uint64_t *);
SAME(int, rbd_get_flags, rbd_image_t, uint64_t *);
SAME(int, rbd_get_stripe_unit, rbd_image_t, uint64_t *);
SAME(int, rbd_get_stripe_count, rbd_image_t, uint64_t *);
SAME(int, rbd_get_id, rbd_image_t, char *, size_t);
SAME(int, rbd_get_block_name_prefix, rbd_image_t, char *, size_t);
SAME(int, rbd_watchers_list, rbd_image_t, rbd_image_watcher_t *, size_t *);
SAME(void, rbd_watchers_list_cleanup, rbd_image_watcher_t *, size_t);
SAME(int, rbd_resize, rbd_image_t, uint64_t);
SAME(ssize_t, rbd_read, rbd_image_t, uint64_t, size_t, char *);
SAME(ssize_t, rbd_write, rbd_image_t, uint64_t, size_t, const char *);
SAME(int, rbd_flush, rbd_image_t);
SAME(int, rbd_metadata_get, rbd_image_t, const char *, char *, size_t *);
SAME(int, rbd_metadata_set, rbd_image_t, const char *, const char *);
SAME(int, rbd_metadata_remove, rbd_image_t, const char *);
SAME(int, rbd_diff_iterate2, rbd_image_t, const char *, uint64_t, uint64_t, uint8_t, uint8_t,
     int (*)(uint64_t, size_t, int, void *), void *);
SAME(ssize_t, rbd_list_lockers, rbd_image_t, int *, char *, size_t *, char *, size_t *, char *, size_t *, char *,
     size_t *);
SAME(int, rbd_aio_create_completion, void *, rbd_callback_t, rbd_completion_t *);
SAME(int, rbd_aio_read, rbd_image_t, uint64_t, size_t, char *, rbd_completion_t);
SAME(int, rbd_aio_write, rbd_image_t, uint64_t, size_t, const char *, rbd_completion_t);
SAME(int, rbd_aio_discard, rbd_image_t, uint64_t, uint64_t, rbd_completion_t);
SAME(int, rbd_aio_wait_for_complete, rbd_completion_t);
SAME(ssize_t, rbd_aio_get_return_value, rbd_completion_t);
SAME(void, rbd_aio_release, rbd_completion_t);

/* Handles travel as one pointer, sizes as one machine word. */
_Static_assert(sizeof(rados_t) == sizeof(void *), "rados_t");
_Static_assert(sizeof(rados_ioctx_t) == sizeof(void *), "rados_ioctx_t");
_Static_assert(sizeof(rbd_image_t) == sizeof(void *), "rbd_image_t");
_Static_assert(sizeof(rbd_image_options_t) == sizeof(void *), "rbd_image_options_t");
_Static_assert(sizeof(rbd_completion_t) == sizeof(void *), "rbd_completion_t");
_Static_assert(sizeof(rbd_image_watcher_t) == 24, "rbd_image_watcher_t");
_Static_assert(sizeof(size_t) == sizeof(void *), "size_t");
_Static_assert(sizeof(ssize_t) == sizeof(void *), "ssize_t");

int main(void)
{
    printf("rbd_image_info_t %zu\n", sizeof(rbd_image_info_t));
    printf("rbd_image_info_t.size %zu\n", offsetof(rbd_image_info_t, size));
    printf("rbd_image_info_t.obj_size %zu\n", offsetof(rbd_image_info_t, obj_size));
    printf("rbd_image_info_t.num_objs %zu\n", offsetof(rbd_image_info_t, num_objs));
    printf("rbd_image_info_t.order %zu\n", offsetof(rbd_image_info_t, order));
    printf("rbd_image_info_t.block_name_prefix %zu\n", offsetof(rbd_image_info_t, block_name_prefix));
    printf("rbd_image_info_t.parent_pool %zu\n", offsetof(rbd_image_info_t, parent_pool));
    printf("rbd_image_info_t.parent_name %zu\n", offsetof(rbd_image_info_t, parent_name));
    printf("timeval %zu\n", sizeof(struct timeval));
    printf("timeval.tv_usec %zu\n", offsetof(struct timeval, tv_usec));
    printf("RBD_IMAGE_OPTION_FORMAT %d\n", RBD_IMAGE_OPTION_FORMAT);
    printf("RBD_IMAGE_OPTION_FEATURES %d\n", RBD_IMAGE_OPTION_FEATURES);
    printf("RBD_IMAGE_OPTION_ORDER %d\n", RBD_IMAGE_OPTION_ORDER);
    printf("RBD_IMAGE_OPTION_DATA_POOL %d\n", RBD_IMAGE_OPTION_DATA_POOL);
    printf("RBD_FLAG_OBJECT_MAP_INVALID %d\n", (int)RBD_FLAG_OBJECT_MAP_INVALID);
    printf("RBD_FLAG_FAST_DIFF_INVALID %d\n", (int)RBD_FLAG_FAST_DIFF_INVALID);
    return 0;
}
