/* contract-drive: a plugin as it is shipped, asked for each of its operations over real HTTP,
 * without a daemon between. What an API validator in the middle says of a request or an answer is
 * kept and shown.
 *
 * One thread, blocking; memory is freed by the end of the process. */
#ifndef CONTRACT_DRIVE_H
#define CONTRACT_DRIVE_H

#include <stdbool.h>
#include <stockd/check_host.h>

enum { DRIVE_NAMES = 32, DRIVE_ROWS = 4096, DRIVE_TEXT = 512 };

struct drive_secret {
    char name[STOCKD_NAME_MAX + 1];
    char *value;
    char *refresh; /* of a token */
};

/* One listing at one remote warehouse. */
struct drive_target {
    uint32_t listing; /* index into drive.listings */
    const char *warehouse;
    int64_t base, wanted;
    uint32_t route; /* of the write without an end */
    bool open;
    struct check_bytes target_data, note;
};

struct drive {
    const struct stockd_plugin *plugin;
    struct check *host;
    const char *urls[DRIVE_NAMES]; /* by endpoint */
    struct drive_secret secrets[DRIVE_NAMES];
    size_t secret_count;
    double scale; /* waits last 1/scale of what is asked for */

    struct stockd_warehouse_ref warehouses[DRIVE_NAMES];
    uint32_t warehouse_count;
    struct stockd_listing listings[DRIVE_ROWS];
    uint32_t listing_count;
    struct drive_target targets[DRIVE_ROWS];
    uint32_t target_count;

    unsigned requests;   /* of the operation under way */
    unsigned violations; /* of them all */
    unsigned failures;   /* operations that did not end as they should */
};

/* ---- drive_http.c */

/* Sends the newest request and gives the answer to the plugin; the verdict of its next step. */
enum stockd_verdict drive_exchange(struct drive *drive);
/* A secret option's or token's value becomes known; JWTs show their claims to the plugin. */
void drive_secret_set(struct drive *drive, const char *name, const char *value,
                      const char *refresh);

/* ---- drive_operation.c */

/* Runs an operation to its end and says how it ended. True: STOCKD_DONE. */
void drive_wait(const struct drive *drive, int64_t ms); /* scaled */
bool drive_run(struct drive *drive, const struct stockd_start *start, const char *title);

/* ---- drive_targets.c */

/* Takes what list_warehouses, fetch_listings and fetch_stock have just emitted. */
void drive_keep_warehouses(struct drive *drive);
void drive_keep_listings(struct drive *drive);
void drive_keep_stock(struct drive *drive);
/* Every listing that can be written at every warehouse that can. */
void drive_make_targets(struct drive *drive);
/* Reads the figures of all targets, by the ways the plugin declares. */
void drive_read(struct drive *drive);
/* Writes all targets: every third a zero, every third the same figure, every third its own. */
void drive_write(struct drive *drive, int64_t first);
/* Asks for what was noted until it has an end, at most `rounds` times. */
void drive_confirm(struct drive *drive, unsigned rounds);

#endif
