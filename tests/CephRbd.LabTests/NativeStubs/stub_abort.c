/* Ends as a failed ceph_assert does: text on stderr, then abort(). */
#include "stub_rados.h"

#include <stdio.h>
#include <stdlib.h>

static int misbehave(void)
{
    fputs("stub: FAILED ceph_assert(false)\n", stderr);
    abort();
}
