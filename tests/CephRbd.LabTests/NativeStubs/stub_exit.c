/* Ends the process with a status of its own. */
#include "stub_rados.h"

#include <stdlib.h>

static int misbehave(void)
{
    exit(3);
}
