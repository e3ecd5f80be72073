/* One line per check, and the names of operations. */
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

unsigned report_failed, report_passed;

void report(const struct settings *settings, bool ok, const char *format, ...)
{
    if (ok)
        report_passed++;
    else
        report_failed++;
    if (ok && settings->quiet) return;
    va_list args;
    va_start(args, format);
    fputs(ok ? "ok    " : "FAIL  ", stdout);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    fflush(stdout);
    if (!ok && settings->first) exit(report_sum());
}

int report_sum(void)
{
    printf("%u checks, %u failed\n", report_passed + report_failed, report_failed);
    return report_failed ? 1 : 0;
}

const char *operation_name(uint32_t operation)
{
    static const char *const names[STOCKD_OPERATION_COUNT] = {
        "list_warehouses", "fetch_stock",    "push_stock",   "check_account",
        "authorize",       "fetch_listings", "fetch_orders", "confirm_stock"};
    return operation < STOCKD_OPERATION_COUNT ? names[operation] : "?";
}
