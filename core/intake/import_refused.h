/* The rows of an import that were refused: the first IMPORT_REFUSED_KEPT of them with their reason.
 * What was added never moves, so one thread may add while another reads what was there before. */
#ifndef STOCKD_INTAKE_IMPORT_REFUSED_H
#define STOCKD_INTAKE_IMPORT_REFUSED_H

#include "intake/import.h"

struct import_refused {
    struct import_refusal *at; /* IMPORT_REFUSED_KEPT, once there is one */
    uint32_t count;
};

/* False: full, so that a sentence need not be made. */
bool import_refused_wanted(const struct import_refused *refused);
/* `column` from 1; 0: the row as a whole. */
void import_refused_add(struct import_refused *refused, uint32_t line, uint32_t column,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* By line; then nothing may be added. */
void import_refused_sort(struct import_refused *refused);
void import_refused_free(struct import_refused *refused);

#endif
