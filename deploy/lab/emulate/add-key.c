/*
 * Puts a key into root's key ring of this machine for the emulated driver, whose emulator has no such call:
 * add-key TYPE NAME, the payload by standard input. Ends with the errno.
 *
 * The driver puts it into the process's own ring. That ring would end with this process, so it is the next one in
 * which the kernel looks for a process without a session. It is for guests that are thrown away: there the key stays.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER_SESSION_KEYRING (-5)
#define MOST_BYTES 4096

int main(int argc, char **argv)
{
    char payload[MOST_BYTES];
    size_t length = 0;
    ssize_t piece;
    long key;

    if (argc != 3)
        return EINVAL;
    while (length < sizeof(payload) && (piece = read(STDIN_FILENO, payload + length, sizeof(payload) - length)) != 0) {
        if (piece < 0 && errno != EINTR)
            return errno;
        if (piece > 0)
            length += (size_t)piece;
    }
    key = syscall(SYS_add_key, argv[1], argv[2], payload, length, USER_SESSION_KEYRING);
    memset(payload, 0, sizeof(payload));
    return key < 0 ? errno : 0;
}
