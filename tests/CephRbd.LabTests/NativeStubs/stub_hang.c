/* Never comes back. */
#include "stub_rados.h"

#include <unistd.h>

static int misbehave(void)
{
    for (;;)
        pause();
}
