/*
 * flock -n FD: locks the open file or folder FD for this process's parent, which has it open,
 * too. place.sh calls it, and Debian's busybox-static is without one. No libc: the program is
 * one call to the kernel, and so links alike for each architecture.
 * Exit status: 0 locked, 1 another process has the lock, 64 wrong arguments, 65 any other error.
 */

enum { lock_exclusive_now = 2 | 4, would_block = -11 };

#if defined(__x86_64__)
enum { nr_flock = 73, nr_exit_group = 231 };
__asm__(".globl _start\n_start:\n mov %rsp, %rdi\n and $-16, %rsp\n call run\n");

static long call(long number, long first, long second)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
enum { nr_flock = 32, nr_exit_group = 94 };
__asm__(".globl _start\n_start:\n mov x0, sp\n bl run\n");

static long call(long number, long first, long second)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
}
#else
#error "the container image is for x86-64 and arm64"
#endif

/* The number that the text is; -1 if it is none below 100. */
static long small_number(const char *text)
{
    long number = 0;
    int digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 2; digits++) {
        number = number * 10 + (text[digits] - '0');
    }
    return digits > 0 && text[digits] == '\0' ? number : -1;
}

/* stack: what the kernel starts a program with, argc and then argv. */
__attribute__((noreturn, used)) void run(const long *stack)
{
    const char *const *argv = (const char *const *)(stack + 1);
    long status = 64;
    if (stack[0] == 3 && argv[1][0] == '-' && argv[1][1] == 'n' && argv[1][2] == '\0' && small_number(argv[2]) >= 0) {
        long result = call(nr_flock, small_number(argv[2]), lock_exclusive_now);
        status = result == 0 ? 0 : result == would_block ? 1 : 65;
    }
    for (;;) {
        call(nr_exit_group, status, 0);
    }
}
