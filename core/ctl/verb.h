/* The verbs of stockctl as data. This one table feeds the parser, --help, the HTTP request, and the
 * output; the man page and shell completion are made from it too. Adding a verb is adding an entry
 * to one of the verbs_*.c files. */
#ifndef STOCKD_CTL_VERB_H
#define STOCKD_CTL_VERB_H

#include <stdbool.h>
#include <stddef.h>

enum { CTL_ARGUMENTS_MAX = 4, CTL_FLAGS_MAX = 10, CTL_LIST_MAX = 16, CTL_LISTS_MAX = 64 };

enum ctl_type {
    CTL_TEXT = 0,
    CTL_COUNT,    /* a whole number, 0 or more */
    CTL_SIGNED,   /* a whole number with its sign: +3, -2 */
    CTL_CHOICE,   /* one of `choices` */
    CTL_DURATION, /* 500ms, 30s, 10m, 6h, 2d; sent as milliseconds */
    CTL_SWITCH,   /* flags only: takes no value */
    CTL_LIST,     /* flags, and a last argument: may be given several times; a JSON array */
    CTL_PAIRS,    /* flags: NAME=VALUE, may be given several times; a JSON object, or the query's
                     parameter as often */
};

enum ctl_place {
    CTL_PATH = 0, /* "{NAME}" of the verb's path */
    CTL_QUERY,    /* ?field=value */
    CTL_BODY,     /* a member of the JSON body */
    CTL_HERE,     /* only the verb's own function looks at it */
};

struct ctl_parameter {
    const char *name; /* an argument as help shows it ("SKU"); a flag without its dashes */
    const char *help;
    enum ctl_type type;
    enum ctl_place place;
    const char *field;   /* QUERY, BODY: what it is called there; NULL: its name */
    const char *value;   /* flags: what help calls the value */
    const char *choices; /* CTL_CHOICE: "on-hand|available" */
    const char *initial; /* flags: the value when not given, or NULL */
    bool required;       /* arguments: all but these may be left out, the last ones first */
};

/* WORD: one that the daemon has for a state or kind, which other languages have another for. */
enum ctl_cell { CELL_TEXT = 0, CELL_NUMBER, CELL_TIME, CELL_AGE, CELL_WORD };

struct ctl_column {
    const char *title, *member; /* "after.on_hand" looks inside */
    enum ctl_cell cell;
};

/* How an answer is shown to people. Sentences take {member} from the answer and {ARGUMENT} or
 * {flag} from the command line; {member:piece|pieces} is the word that agrees with its number.
 * English; what other languages say is words.h's. */
struct ctl_view {
    const char *rows;                 /* the member with the rows, NULL: the answer is one record */
    const struct ctl_column *columns; /* ends with a title of NULL; NULL: only the sentence */
    const char *sentence;             /* before the rows, or instead of them */
    const char *same;                 /* the sentence when "changed" is false, or NULL */
    const char *empty;                /* the sentence when there are no rows */
    const struct ctl_view *also; /* shown after it when it has rows, else what comes after that */
};

struct ctl;
struct ctl_call;

struct ctl_verb {
    const char *name; /* "stock get" */
    const char *help;
    const char *example;
    const struct ctl_parameter *arguments, *flags; /* each ends with a name of NULL; or NULL */
    const char *method, *path;
    const struct ctl_view *view;
    /* Instead of one request and its view. */
    int (*run)(struct ctl *ctl, const struct ctl_call *call);
    bool slow;         /* may take longer than any ordinary timeout */
    bool spoken;       /* the daemon says texts: it is asked for them in the language */
    const char *notes; /* more help, or NULL */
};

const struct ctl_verb *ctl_verb_at(size_t index); /* NULL past the end */

/* What help and the man page list together, by the first words of verbs. Both in the order of
 * help. */
struct ctl_topic {
    const char *title;
    const char *words; /* separated by blanks: "stock warehouse" */
};
const struct ctl_topic *ctl_topic_at(size_t index); /* NULL past the end */
/* The verbs of a topic, one after the other; NULL past the end. */
const struct ctl_verb *ctl_topic_verb(const struct ctl_topic *topic, size_t index);

/* The flags every verb takes. Ends with a name of NULL. */
extern const struct ctl_parameter ctl_global_flags[];

size_t ctl_parameter_count(const struct ctl_parameter *list); /* 0 for NULL */

/* What undoing would do: shown by undo --dry-run (verbs_history.c). */
extern const struct ctl_view ctl_undo_plan_view;

/* The groups of the table. */
/* clang-format off */
extern const struct ctl_verb ctl_verbs_stock[];
extern const struct ctl_verb ctl_verbs_orders[];
extern const struct ctl_verb ctl_verbs_catalogue[];
extern const struct ctl_verb ctl_verbs_history[];
extern const struct ctl_verb ctl_verbs_accounts[];
extern const struct ctl_verb ctl_verbs_work[];
extern const struct ctl_verb ctl_verbs_plans[];
extern const struct ctl_verb ctl_verbs_drift[];
extern const struct ctl_verb ctl_verbs_alerts[];
extern const struct ctl_verb ctl_verbs_hooks[];
extern const struct ctl_verb ctl_verbs_admin[];
extern const struct ctl_verb ctl_verbs_rules[];
extern const struct ctl_verb ctl_verbs_inbox[];
extern const struct ctl_verb ctl_verbs_tokens[];
extern const struct ctl_verb ctl_verbs_events[];
/* clang-format on */

#endif
