/* Private to core/plugin: an operation from the inside, and what its host functions share. */
#ifndef STOCKD_PLUGIN_OPERATION_PRIVATE_H
#define STOCKD_PLUGIN_OPERATION_PRIVATE_H

#include "base/arena.h"
#include "plugin/operation.h"

enum {
    STATES_MAX = 1024, /* names of one account's durable state */
    LOGS_MAX = 100,    /* lines of one step */
};

/* A growing array that keeps its memory from step to step. */
struct list {
    void *items;
    size_t count, room;
};

struct state_slot {
    const char *name; /* as the data, in the operation's `life` */
    void *data;
    size_t size, room; /* size 0: deleted */
};

struct claims {
    struct claims *next;
    const char *name;
    const char *json; /* NULL: no JWT */
    size_t size;
};

/* A token that a step of this operation gave, for its claims. */
struct token_got {
    struct token_got *next;
    const char *name;
    char *value;
};

struct plugin_operation {
    struct plugin_instance *instance;
    const struct plugin *plugin;
    const struct stockd_plugin *declared;
    struct stockd_start start;
    uint8_t id[16];
    struct arena life; /* start, tokens, claims, states */
    struct plugin_value *tokens;
    size_t token_count;
    struct claims *claims;
    struct token_got *got;
    struct list states; /* of struct state_slot: the snapshot, with what steps put over it */
    void *scratch;
    size_t scratch_size;

    /* Between steps. */
    bool ended, more_parts, request_was_write;
    uint64_t malformed_open; /* malformed rows since the last complete */

    /* This step. */
    bool has_request, has_wait, has_fail;
    const struct plugin_input *input;
    struct arena memory;
    size_t bytes, rows; /* taken so far, held against the ABI's limits */
    uint32_t log_count;
    uint32_t refused; /* values refused; `why` is of the first */
    char why[ERROR_TEXT_MAX];
    struct stockd_request request;
    struct stockd_prompt prompt;
    uint32_t *outcome_at; /* by item: 1 + its place in `outcomes`, 0 for none */
    struct list outcomes, listing_data, target_data, notes;
    struct list warehouses, listings, stocks, order_lines, malformed, completes, incompletes;
    struct list put, quota_facts, abilities, warnings, key_expiries, new_tokens, renewals;
    struct plugin_step step;
};

/* setup.c */
enum status operation_setup(struct plugin_operation *op, const struct plugin_setup *setup,
                            struct error *error);
struct state_slot *operation_state(struct plugin_operation *op, const char *name);
/* False when there are too many names. */
bool operation_state_put(struct plugin_operation *op, const char *name, const void *data,
                         size_t size);

/* operation.c */
void secret_wipe(const char *secret); /* NULL is fine */

/* host.c: remembers why a value was refused; always -1. */
int refuse(struct plugin_operation *op, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
extern const struct stockd_host operation_host;

/* A further element of a list, not zeroed; NULL (refused) past the limits of a step. */
void *row_add(struct plugin_operation *op, struct list *list, size_t element);
/* Memory of the step; NULL (refused) past its limit. */
void *step_take(struct plugin_operation *op, size_t size);
char *step_copy(struct plugin_operation *op, const void *data, size_t size);

/* Copies the struct at `raw`, of the size it says it has, over a zeroed one of `full` bytes. It
 * must have at least `least`. */
bool row_read(struct plugin_operation *op, void *to, size_t full, const void *raw, size_t least,
              const char *what);
/* Replaces *text by a copy in the step's memory. False (refused): NULL or empty though required,
 * too long, not UTF-8. An empty one that is not required becomes NULL. */
bool id_take(struct plugin_operation *op, const char **text, bool required, const char *what);
/* The same for explanations: cut where they are too long. Never required. */
bool text_take(struct plugin_operation *op, const char **text, const char *what);
bool bytes_take(struct plugin_operation *op, const void **data, size_t size, size_t max,
                const char *what);
bool item_is(struct plugin_operation *op, uint32_t item, const char *what);

/* host_request.c */
int host_request(void *ctx, const struct stockd_request *request);

/* host_rows.c */
int host_warehouse(void *ctx, const struct stockd_warehouse *row);
int host_listing(void *ctx, const struct stockd_listing *row);
int host_stock(void *ctx, const struct stockd_stock *row);
int host_order_line(void *ctx, const struct stockd_order_line *row);
int host_malformed(void *ctx, const char *what, const char *where);
int host_complete(void *ctx, enum stockd_scope scope, const char *id);
int host_drained_until(void *ctx, int64_t ms);
int host_epoch(void *ctx, const char *epoch);
int host_outcome(void *ctx, uint32_t item, const struct stockd_outcome *outcome);
int host_listing_data(void *ctx, uint32_t item, const void *data, size_t size);
int host_target_data(void *ctx, uint32_t item, const void *data, size_t size);
int host_note(void *ctx, uint32_t item, const void *data, size_t size);

/* host_account.c */
const void *host_state_get(void *ctx, const char *name, size_t *size);
int host_state_put(void *ctx, const char *name, const void *data, size_t size);
const char *host_jwt_claims(void *ctx, const char *name, size_t *size);
int host_quota(void *ctx, const struct stockd_quota_fact *fact);
int host_identity(void *ctx, const char *seller);
int host_ability(void *ctx, enum stockd_operation operation, int granted, const char *text);
int host_warning(void *ctx, const char *code, const char *text);
int host_key_expires(void *ctx, const char *secret, int64_t ms);
int host_token(void *ctx, const struct stockd_token *token);
int host_token_renewing(void *ctx, const char *name);
int host_prompt(void *ctx, const struct stockd_prompt *prompt);

#endif
