/* What the files of the test host share: copied memory, problems, and the table of host functions.
 */
#ifndef STOCKD_CHECK_INNER_H
#define STOCKD_CHECK_INNER_H

#include <stockd/check_host.h>

#include <stdbool.h>

struct check_block;

struct check_inner {
    struct check_block *blocks; /* everything copied; freed with the host */
    const struct stockd_start *start;
    const struct check_answer *answer; /* during a step that has one */
    void *scratch;
    bool asked, waits, failed; /* what this step made: host->request, host->wait, host->fail */
    bool awaited;              /* a request, wait or part is outstanding */
    bool parts;                /* the step has a part that is not the last */
    bool holes;                /* a row was malformed since the last complete */
    size_t notes_before;       /* of this step */
    CHECK_LIST(struct check_pair) options;
    CHECK_LIST(struct check_pair) claims;
    uint8_t id[16];
};

void *check_must(void *memory); /* ends the process on NULL */
void *check_memory(struct check *check, size_t size);
void *check_copy(struct check *check, const void *data,
                 size_t size); /* NUL-terminated; NULL stays */
char *check_copy_text(struct check *check, const char *text);
void check_problem(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void check_memory_free(struct check *check);
void *check_grow(void *at, size_t *room, size_t size);

/* A text of 1..max bytes of UTF-8; NULL passes unless `required`. Notes a problem otherwise. */
bool check_text(struct check *check, const char *what, const char *text, size_t max, bool required);

/* Adds an element to one of the lists and gives its address. */
#define CHECK_PUSH(list)                                                                \
    (((list).count == (list).room                                                       \
          ? (void)((list).at = check_grow((list).at, &(list).room, sizeof(*(list).at))) \
          : (void)0),                                                                   \
     &(list).at[(list).count++])

extern const struct stockd_host check_host_table;

/* rows.c and account.c */
int check_take_warehouse(void *ctx, const struct stockd_warehouse *row);
int check_take_listing(void *ctx, const struct stockd_listing *row);
int check_take_stock(void *ctx, const struct stockd_stock *row);
int check_take_line(void *ctx, const struct stockd_order_line *row);
int check_take_malformed(void *ctx, const char *what, const char *where);
int check_take_complete(void *ctx, enum stockd_scope scope, const char *id);
int check_take_outcome(void *ctx, uint32_t item, const struct stockd_outcome *outcome);
int check_take_listing_data(void *ctx, uint32_t item, const void *data, size_t size);
int check_take_target_data(void *ctx, uint32_t item, const void *data, size_t size);
int check_take_note(void *ctx, uint32_t item, const void *data, size_t size);
int check_take_request(void *ctx, const struct stockd_request *request);
int check_take_quota(void *ctx, const struct stockd_quota_fact *fact);

#endif
