/* One round through an inbox's folder, on a worker: what lies there, what is finished and moves to
 * its place, what is taken next. It may hang with a dead network mount; nothing else hangs with it.
 *
 * A round opens the folder anew, so a folder that vanished and came back is simply there. Files are
 * known by name and by what lstat says of them; a file is *settled* when that has been the same for
 * the settle span and nobody has it open for writing (as far as the file system can tell). */
#ifndef STOCKD_INTAKE_INBOX_ROUND_H
#define STOCKD_INTAKE_INBOX_ROUND_H

#include "intake/inbox.h"
#include "intake/inbox_record.h"

#include <limits.h>
#include <sys/stat.h>

enum {
    INBOX_FILES_MAX = 10000, /* looked at in one round; the others wait for those to go */
    INBOX_NAME_BYTES = 200,  /* of a file: with what is put before and behind it, NAME_MAX is 255 */
    INBOX_OPEN_WAIT_MS = 600000, /* a file that looks open for writing is taken then all the same:
                                    some network file systems cannot tell */
    INBOX_SCANNED_MAX = 100000,  /* names of one folder read in one round */
};
#define INBOX_MISSED_MS (INT64_C(7) * 86400000) /* a vanished file's row is kept so long */

/* A file that waits in the folder, or that was claimed and has no import yet. */
struct inbox_file {
    char *name;
    bool claimed;
    uint64_t size, inode;
    int64_t modified_ns;
    int64_t since_us; /* monotonic: since when it is so */
    char *why;        /* it is left alone, or NULL */
};

/* A file with an import that has not ended. */
struct inbox_held {
    char *file, *claim;
    uint64_t job, plan; /* plan 0: it is running */
};

/* A file that lies where it belongs: its row can go. */
struct inbox_finished {
    char *claim, *file, *detail;
    struct inbox_last last; /* its texts are not used */
};

struct inbox_round {
    /* Given. */
    const struct inbox_options *options;
    struct store *store;
    void (*watch)(void *ctx, const char *folder); /* or NULL */
    void *watch_ctx;
    int64_t now_us, now_ms;
    uint64_t random;
    bool may_take; /* false: only move what is finished */

    /* Kept from round to round. */
    struct inbox_file *files; /* by name */
    size_t file_count;
    struct inbox_held *held;
    size_t held_count,
        missed; /* missed: imported, and lying neither in taken/ nor where it belongs */

    /* Found. */
    struct error problem; /* with the folder as a whole */
    struct inbox_finished *finished;
    size_t finished_count;
    char *feed; /* the claim to be imported now, or NULL */
    char *feed_file;
    uint64_t feed_size;
    int64_t feed_modified_ns;
    int64_t next_ms;                 /* something may be settled then; 0: nothing waits for that */
    struct inbox_finished *rejected; /* moved to failed/ without an import; or NULL */
    char *last;                      /* the record of the last file (inbox_last), or NULL */
    size_t last_size;
};

void inbox_round_run(struct inbox_round *round);
/* What was found, not what is kept. */
void inbox_round_clear(struct inbox_round *round);
void inbox_round_free(struct inbox_round *round);

/* "20261121-073000-5f3a9c21-stock.csv" -> "stock.csv" */
const char *inbox_claim_file(const char *claim);

#endif
