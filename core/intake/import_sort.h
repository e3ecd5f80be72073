/* Sorting rows in memory by (product, warehouse), stable. Pure. */
#ifndef STOCKD_INTAKE_IMPORT_SORT_H
#define STOCKD_INTAKE_IMPORT_SORT_H

#include "engine/command.h"

#include <stddef.h>

/* Returns where the sorted rows are: `rows` or `scratch`, which has the same size. */
struct stock_row *import_sort(struct stock_row *rows, struct stock_row *scratch, size_t count);

#endif
