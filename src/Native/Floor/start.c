/*
 * What a program linked against an old glibc's symbols needs besides them. See stubs.sh.
 *
 * Until 2.33, crt1.o handed __libc_start_main a routine that ran the program's constructors, and libc relied on it.
 * Since 2.34 crt1.o hands over none, for libc finds them by itself; but an older libc would then run no constructor at
 * all. So we hand one over, whatever crt1.o this is linked with: where a routine is given, every libc uses that and
 * looks for nothing.
 */
typedef int main_function(int, char **, char **);
typedef void init_function(int, char **, char **);

extern init_function *const __init_array_start[] __attribute__((weak, visibility("hidden")));
extern init_function *const __init_array_end[] __attribute__((weak, visibility("hidden")));
extern void *__dso_handle __attribute__((visibility("hidden")));
extern void _init(void) __attribute__((visibility("hidden")));

int __cxa_atexit(void (*function)(void *), void *argument, void *object);
int atexit(void (*function)(void));
int __real___libc_start_main(main_function *program, int argc, char **argv, init_function *init, void (*fini)(void),
                             void (*rtld_fini)(void), void *stack_end);
int __wrap___libc_start_main(main_function *program, int argc, char **argv, init_function *init, void (*fini)(void),
                             void (*rtld_fini)(void), void *stack_end);

/*
 * The pre-initialisers are ld.so's own business in a dynamic program, in every version. Of what is left, _init goes
 * first.
 */
static void run_constructors(int argc, char **argv, char **envp)
{
    _init();
    for (init_function *const *next = __init_array_start; next < __init_array_end; next++)
        (*next)(argc, argv, envp);
}

/* Destructors are run by ld.so's own routine, which libc gets in rtld_fini: in every version it knows the arrays. */
int __wrap___libc_start_main(main_function *program, int argc, char **argv, init_function *init, void (*fini)(void),
                             void (*rtld_fini)(void), void *stack_end)
{
    return __real___libc_start_main(program, argc, argv, init != 0 ? init : run_constructors, fini, rtld_fini, stack_end);
}

/* Not in libc.so.6 but in each program's own part of it, libc_nonshared.a, which a link with stubs leaves out. */
int atexit(void (*function)(void))
{
    return __cxa_atexit((void (*)(void *))function, 0, &__dso_handle);
}
