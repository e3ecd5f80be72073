/* Lists that are interrupted: at every request of theirs in turn, with a marketplace that answers
 * by what it is asked, and stays as it is. */
#ifndef PLUGIN_LIST_H
#define PLUGIN_LIST_H

#include "plugin_fixture.h"

struct fixture_list {
    struct check *(*host)(void);
    struct stockd_start start;
    char *(*answer)(const struct check *host); /* to the newest request, as text to free */
    enum stockd_scope scope;                   /* completed at the end */
    size_t rows;     /* listings and figures there are, each counted once */
    size_t requests; /* of a reading that nothing interrupts */
    size_t again;    /* requests made twice, at most, by one that was interrupted */
    bool own_place;  /* it goes on without being told to, however old that is */
};

/* What was told before and after is all there is, no page is read twice without need, and nothing
 * is kept of another reading, of one long ago, or of one that came to its end. */
void fixture_list_goes_on(const struct fixture_list *list);

/* The rows told by both halves of a reading that was interrupted before its request `at` was
 * answered; `between` changes what is there meanwhile. */
size_t fixture_list_halves(const struct fixture_list *list, size_t at, void (*between)(void));

#endif
