/* A strict reader of the text format that Prometheus reads, for tests: whatever its rules or those
 * of this house forbid fails the test with the line in question. */
#ifndef TEST_EXPOSITION_H
#define TEST_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

struct exposition;

/* Fails the test unless all of it is as it should be. */
struct exposition *exposition_read(const char *text);
void exposition_free(struct exposition *e);

/* `name` as it stands before the labels, `labels` as they stand between the braces, "" for none.
 * NAN: there is no such sample. */
double exposition_value(const struct exposition *e, const char *name, const char *labels);
/* Is it a family, or what a histogram's samples are called? */
bool exposition_knows(const struct exposition *e, const char *name);
/* Each counter (and histogram) of `before` is in `after`, and no smaller. */
void exposition_only_grew(const struct exposition *before, const struct exposition *after);

#endif
