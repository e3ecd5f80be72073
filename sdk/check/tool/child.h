/* Cases that run in other processes, so that a crash or a hang is a finding and not the end.
 *
 * One child does case after case until one of them finds something; a new child goes on after it.
 * What was found in the company of others is looked at once more alone, so that each finding names
 * its case. */
#ifndef STOCKD_CHECK_CHILD_H
#define STOCKD_CHECK_CHILD_H

#include "tool.h"

struct finding {
    char problem[1024]; /* "": none */
    char doing[256];
    char end[64];
    bool hung; /* the rest of the operation is not driven: each case would take as long */
    bool done;
};
/* In a child: of the case it does. In the parent: of the last child_case. */
extern struct finding *finding;

/* In a child: keeps the first problem of a case. */
void found(const char *what, const char *detail);

struct child_work {
    const struct settings *settings;
    /* Does one case; false: those after it need not be done. */
    bool (*run)(const struct settings *settings, void *argument, size_t index);
    void *argument;
    size_t count;
};

/* Asked for from 0 on, in order. True: it found nothing. */
bool child_case(const struct child_work *work, size_t index);

#endif
