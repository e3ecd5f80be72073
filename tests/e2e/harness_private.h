/* What the harness's own files share. */
#ifndef STOCKD_E2E_HARNESS_PRIVATE_H
#define STOCKD_E2E_HARNESS_PRIVATE_H

#include "harness.h"

void processes_end(void);
/* Splits in place; words[count] is NULL. */
int words_split(char *line, const char **words, int max);
struct ran run_line(const char *program, const char *first, const char *second, char *line);
/* Freed at the world's end. */
void *keep(void *memory);
json_t *keep_json(json_t *json);

/* One HTTP exchange: over the unix socket when it is given. The status, or 0. */
int http_ask(const char *socket, const char *method, const char *url, const char *body,
             char **answer);

#endif
