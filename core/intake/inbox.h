/* Inboxes: folders that another program (an ERP) drops stock files into. Each file is imported
 * exactly once and then lies in done/ or failed/ of the folder, with a report beside it.
 *
 * THE WAY OF A FILE. It lies in the folder until it has settled. It is *claimed*: renamed into
 * taken/ under a name with time and a random number that is never used again, so that nobody's
 * later file of the same name is mixed up with it. Its bytes go through import.h; the transaction
 * that accepts the import keeps a row saying which import the claim is (inbox_record.h). When the
 * import has ended the report is written, the file moved beside it, and the row removed. One file
 * of an inbox at a time, the oldest first.
 *
 * CRASHES. Killed before the claim: the file lies in the folder as before. Before the acceptance:
 * it lies in taken/ and has no row, and is read again from its beginning; nothing of it was
 * applied. Afterwards: it has a row and is never read again; the import goes on by itself, the move
 * is made up for. The same content dropped again is another file, and is applied again: figures are
 * absolute, and what was true at noon may be true again in the evening. The report says so.
 *
 * HELD. A file that the guard holds stays in taken/ with a report; later files go their way.
 * Applied, it goes on and ends in done/; dropped, it lies in failed/.
 *
 * THREADS. Everything on the loop thread; folders are read on workers, at most INBOX_ROUNDS at
 * once, since a dead network mount holds the worker that looks at it.
 *
 * TIME. A round is made when somebody says so (inboxes_look: the daemon watches the folders), when
 * a file may have settled, when an import ended, and every `poll`, since network file systems tell
 * nobody of a new file. */
#ifndef STOCKD_INTAKE_INBOX_H
#define STOCKD_INTAKE_INBOX_H

#include "base/runtime.h"
#include "base/text_encoding.h"
#include "engine/engine.h"
#include "intake/import.h"
#include "store/store.h"

enum { INBOX_ROUNDS = 2, INBOX_TEXT_MAX = 1024 };

struct inbox_options {
    const char *name;      /* [a-z0-9._-], at most 63 bytes */
    const char *folder;    /* absolute */
    const char *warehouse; /* of rows that name none; or NULL */
    enum figure_kind kind;
    bool create;
    char separator; /* 0: found */
    struct stock_naming columns;
    enum text_encoding encoding;
    int64_t settle_ms, poll_ms;
    int64_t size_max; /* bytes of a file; larger ones go to failed/ unread */
};

struct inboxes;

struct inboxes_options {
    struct runtime *runtime;
    struct store *store;     /* read by workers */
    struct imports *imports; /* its `settled` must call inboxes_settled */
    /* [worker] Something in the folder may be watched for; called in every round. May be NULL. */
    void (*watch)(void *ctx, const char *folder);
    void *ctx;
};

/* The options' objects must outlive inboxes_free. */
struct inboxes *inboxes_new(const struct inboxes_options *options);
/* These and no others, from now on; texts are copied. What one that is gone has begun is ended. */
void inboxes_put(struct inboxes *inboxes, const struct inbox_options *list, size_t count);
/* Something happened in some folder. */
void inboxes_look(struct inboxes *inboxes);
/* Some import ended, was held, applied or dropped. */
void inboxes_settled(struct inboxes *inboxes);
void inboxes_stop(struct inboxes *inboxes, void (*stopped)(void *ctx), void *ctx);
void inboxes_free(struct inboxes *inboxes); /* after `stopped`; NULL is fine */

/* ---- for people. Texts live for the call. */

struct inbox_waiting {
    const char *file;
    uint64_t bytes;
    const char *why; /* it is not taken, or "" */
};
struct inbox_pending {
    const char *file;
    uint64_t job, plan; /* plan 0: it is being applied */
};
struct inbox_view {
    const char *name, *folder, *warehouse;
    enum figure_kind kind;
    const char *problem; /* with the folder as a whole, or what it waits for; or "" */
    int64_t looked_ms;   /* the last round's end; 0: none yet */
    size_t waiting_count, pending_count;
    /* The last file that was dealt with; when_ms 0: none yet. */
    struct {
        const char *file, *where, *detail; /* where: "done/20261121-073000-5f3a9c21-stock.csv" */
        uint64_t job;
        int64_t when_ms;
        enum import_state state;
        struct import_counts counts;
    } last;
};
size_t inboxes_count(const struct inboxes *inboxes);
void inboxes_view(const struct inboxes *inboxes, size_t index, struct inbox_view *view);
void inboxes_waiting(const struct inboxes *inboxes, size_t index, size_t at,
                     struct inbox_waiting *waiting);
void inboxes_pending(const struct inboxes *inboxes, size_t index, size_t at,
                     struct inbox_pending *pending);

#endif
