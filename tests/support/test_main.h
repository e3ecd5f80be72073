/* The main of a test program: runs all cases, or the one named on the command line (ctest gives each
 * case a process of its own that way). */
#ifndef STOCKD_TEST_MAIN_H
#define STOCKD_TEST_MAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A name that no case has must not pass for a test that holds. */
static inline int test_named(const struct CMUnitTest *cases, size_t count, const char *name)
{
    cmocka_set_test_filter(name);
    for (size_t i = 0; i < count; i++)
        if (strpbrk(name, "*?") || strcmp(cases[i].name, name) == 0) return 1;
    fprintf(stderr, "there is no case '%s' here\n", name);
    return 0;
}

#define TEST_MAIN(cases)                                                                           \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (argc > 1 && !test_named(cases, sizeof cases / sizeof cases[0], argv[1])) return 2;     \
        return cmocka_run_group_tests(cases, NULL, NULL);                                          \
    }

#endif
