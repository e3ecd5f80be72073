/* The main of a test program: runs all cases, or the one named on the command line (ctest gives each
 * case a process of its own that way). */
#ifndef STOCKD_TEST_MAIN_H
#define STOCKD_TEST_MAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST_MAIN(cases)                                                                           \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (argc > 1) cmocka_set_test_filter(argv[1]);                                             \
        return cmocka_run_group_tests(cases, NULL, NULL);                                          \
    }

#endif
