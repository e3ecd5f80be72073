/* The inside of the Allegro model, shared by the allegro_*.c files only. */
#ifndef MARKETSIM_ALLEGRO_STATE_H
#define MARKETSIM_ALLEGRO_STATE_H

#include "marketsim/allegro/allegro.h"
#include "marketsim/market_kept.h"
#include "marketsim/market_map.h"
#include "marketsim/market_shape.h"

#define ALLEGRO_NEVER_MS  (INT64_MIN / 4)
#define ALLEGRO_UUID_SIZE 37
#define ALLEGRO_PUBLIC    "application/vnd.allegro.public.v1+json"
#define ALLEGRO_BETA      "application/vnd.allegro.beta.v1+json"
#define ALLEGRO_HOST      "https://api.allegro.pl"

/* A quota that counts amounts, not calls, over a sliding window. */
struct allegro_window {
    struct allegro_taken {
        int64_t at_ms;
        size_t amount;
    } * rows; /* ring */
    size_t first, count, room;
    size_t sum;
};

struct allegro_app {
    char *client_id;
    char *secret;
    char *name; /* registered for the User-Agent; "": any */
    struct allegro_window minute;
    int64_t shut_until_ms;
};

struct allegro_pair {
    char *access, *refresh;
    char jti[ALLEGRO_UUID_SIZE];
    struct allegro_seller *seller; /* NULL: of client_credentials */
    size_t app;
    unsigned scopes;
    size_t family; /* pairs that came of one consent */
    size_t heir;   /* the pair of its first renewal, or MARKET_MAP_NONE */
    int64_t issued_ms, access_expires_ms, refresh_expires_ms;
    int64_t used_ms; /* of its refresh token; ALLEGRO_NEVER_MS: not yet */
    bool access_dead, refresh_dead;
};

enum allegro_consent { CONSENT_OPEN, CONSENT_GIVEN, CONSENT_DENIED, CONSENT_SPENT };

struct allegro_device {
    char *code;
    char user_code[16];
    size_t app;
    struct allegro_seller *seller; /* who consented */
    unsigned scopes;
    enum allegro_consent consent;
    int64_t expires_ms, polled_ms, interval_ms;
    int64_t polls;
};

enum allegro_command_kind { COMMAND_QUANTITY, COMMAND_PUBLICATION, COMMAND_BULK };
enum allegro_task_status { TASK_NEW, TASK_SUCCESS, TASK_FAIL };
enum allegro_change { CHANGE_FIXED, CHANGE_GAIN, CHANGE_ACTIVATE, CHANGE_END };

struct allegro_task {
    char offer[24];
    size_t index; /* of the offer, or MARKET_MAP_NONE */
    enum allegro_change change;
    enum allegro_task_status status;
    int64_t value;
    char code[64]; /* of a fault given with the request; "" where there is none, or why it failed */
};

struct allegro_command {
    enum allegro_command_kind kind;
    char id[ALLEGRO_UUID_SIZE];
    uint64_t body_hash;
    uint64_t request;
    int64_t created_ms, completed_ms; /* completed: 0 while it is not */
    int64_t registered_ms;
    int64_t hidden_until_ms; /* its request is still under way */
    bool stuck, uncounted, no_effect;
    struct allegro_task *tasks;
    size_t task_count;
};

struct allegro_edit {
    bool has_stock, has_status, has_external, has_republish;
    bool activate, republish;
    int64_t stock;
    char *external;
};

struct allegro_operation {
    char id[ALLEGRO_UUID_SIZE];
    size_t offer;
    struct allegro_edit edit;
    int64_t started_ms;
    bool done, failed;
};

struct allegro_line {
    char id[ALLEGRO_UUID_SIZE];
    size_t offer;
    int32_t quantity;
    int32_t reserved;
};

struct allegro_order {
    char id[ALLEGRO_UUID_SIZE];
    enum allegro_stage stage;
    const char *fulfillment; /* NEW, PROCESSING, SENT, PICKED_UP, CANCELLED, RETURNED */
    bool by_allegro;
    bool merged; /* its lines are in another form; they stay here for its events */
    int64_t revision;
    int64_t placed_ms, updated_ms, visible_ms;
    struct allegro_line *lines;
    size_t line_count;
    struct market_kept look; /* of its form */
};

struct allegro_event {
    int64_t id;
    int64_t occurred_ms;
    size_t order;
    const char *type;
    size_t line_count; /* later ones came by a merge */
    bool with_form;
    int64_t revision;
};

struct allegro_seller {
    char id[24];
    char login[48];
    size_t app;
    bool one_fulfillment;
    struct allegro_offer *offers; /* in the order of their making */
    size_t offer_count, offer_room;
    struct market_map by_id, by_external; /* the latter: the newest of that name */
    char **names;                         /* every external id there ever was: keys of the map */
    size_t name_count, name_room;
    struct allegro_command **commands;
    size_t command_count;
    struct market_map by_command;
    struct allegro_operation *operations;
    size_t operation_count;
    struct allegro_order *orders;
    size_t order_count, order_room;
    struct allegro_event *events; /* by id; those that are out */
    size_t event_count, event_room;
    int64_t last_event;
    struct allegro_window gets, patches, quantity_minute, quantity_hour, publication_minute,
        publication_hour, bulk_minute, bulk_hour, reports, tokens;
};

enum allegro_due_kind { DUE_OPERATION, DUE_COMMAND, DUE_ENDED, DUE_ACTIVE, DUE_EVENT };

struct allegro_due {
    int64_t due_ms;
    enum allegro_due_kind kind;
    struct allegro_seller *seller;
    size_t index;
    struct allegro_event event;
};

struct allegro {
    struct allegro_settings settings;
    struct allegro_app *apps;
    size_t app_count;
    struct allegro_seller **sellers;
    size_t seller_count;
    struct allegro_pair **pairs;
    size_t pair_count;
    struct market_map by_access, by_refresh;
    struct allegro_device *devices;
    size_t device_count;
    struct allegro_due *due; /* by time */
    size_t due_count, due_room;
    struct market_trace trace;
    struct market_faults faults;
    uint64_t random;
    struct allegro_write *writes;
    uint64_t write_count;
    int64_t offers_made;
};

struct allegro_route;

/* One request on its way through the model. */
struct allegro_call {
    struct allegro *allegro;
    struct allegro_app *app;
    struct allegro_seller *seller;   /* NULL where the token has no user */
    const struct allegro_pair *pair; /* of the token that it bears; NULL: none that there was */
    const struct market_request *request;
    struct market_answer *answer;
    const struct allegro_route *route;
    const json_t *body;
    const struct market_effect *effect;
    char ids[2][64]; /* what stands for {...} in the route's path */
    uint64_t seq;
    int64_t now_ms;
};

struct allegro_route {
    const char *method;
    const char *path; /* with {...} for whatever stands there */
    void (*handle)(struct allegro_call *call);
    const char *scope;               /* NULL: none is needed */
    const struct market_shape *body; /* NULL: takes none */
    const char *media;               /* of the body and, for it, of the answer */
    const char *const *query;        /* parameters it knows; NULL: none */
};

extern const struct market_shape allegro_patch_fields[], allegro_quantity_fields[],
    allegro_publication_fields[], allegro_bulk_fields[];

void allegro_offers_list(struct allegro_call *call);
void allegro_offer_get(struct allegro_call *call);
void allegro_offer_parts(struct allegro_call *call);
void allegro_offer_patch(struct allegro_call *call);
void allegro_operation_get(struct allegro_call *call);
void allegro_quantity_put(struct allegro_call *call);
void allegro_quantity_get(struct allegro_call *call);
void allegro_quantity_tasks(struct allegro_call *call);
void allegro_publication_put(struct allegro_call *call);
void allegro_publication_get(struct allegro_call *call);
void allegro_publication_tasks(struct allegro_call *call);
void allegro_bulk_post(struct allegro_call *call);
void allegro_bulk_get(struct allegro_call *call);
void allegro_bulk_tasks(struct allegro_call *call);
void allegro_events_get(struct allegro_call *call);
void allegro_event_stats(struct allegro_call *call);
void allegro_forms_list(struct allegro_call *call);
void allegro_form_get(struct allegro_call *call);
void allegro_me(struct allegro_call *call);
void allegro_marketplaces(struct allegro_call *call);
void allegro_fulfillment_stock(struct allegro_call *call);

/* Routes, in allegro_routes.c. `template` becomes the path as the log has it. */
const struct allegro_route *allegro_route_find(struct allegro_call *call, const char **path);
bool allegro_query_check(struct allegro_call *call); /* false after having answered */

/* The login host, in allegro_oauth.c. */
bool allegro_oauth_path(const char *path);
void allegro_oauth(struct allegro_call *call);
/* The application of a Basic header, or NULL. */
struct allegro_app *allegro_app_basic(struct allegro *allegro, const char *header);

/* Access, in allegro_access.c: false after having answered. */
bool allegro_access_token(struct allegro_call *call);
bool allegro_access_check(struct allegro_call *call);
bool allegro_access_agent(struct allegro_call *call);
bool allegro_access_media(struct allegro_call *call);

/* Tokens, in allegro_token.c. */
struct allegro_pair *allegro_pair_make(struct allegro *allegro, struct allegro_seller *seller,
                                       size_t app, unsigned scopes, size_t family, int64_t now_ms);
unsigned allegro_scopes_parse(const char *text, bool *known); /* separated by blanks */
void allegro_scopes_write(struct market_answer *answer, unsigned scopes);
void allegro_uuid(struct allegro *allegro, char uuid[ALLEGRO_UUID_SIZE]);
bool allegro_uuid_valid(const char *text);
/* Standard alphabet with padding, or the URL's without. The caller frees. */
char *allegro_base64(const char *bytes, size_t len, bool url);

/* Quotas, in allegro_quota.c: false after having answered 429. */
bool allegro_quota_client(struct allegro_call *call);
bool allegro_quota_take(struct allegro_call *call, struct allegro_window *window, size_t limit,
                        int64_t span_ms, size_t amount, const char *kind);
bool allegro_quota_command(struct allegro_call *call, enum allegro_command_kind kind,
                           size_t amount);
bool allegro_quota_reports(struct allegro_call *call, size_t amount);
void allegro_window_free(struct allegro_window *window);
int64_t allegro_scaled(const struct allegro *allegro, int64_t ms);

/* Errors, in allegro.c. `path` NULL is null. */
void allegro_error(struct allegro_call *call, int status, const char *code, const char *message,
                   const char *path);
void allegro_auth_error(struct allegro_call *call, int status, const char *error,
                        const char *description);
void allegro_violation(struct allegro_call *call, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Fields without a value, written only where the settings want nulls. */
void allegro_nulls(struct allegro_call *call, const char *text);
int64_t allegro_query_int(const struct allegro_call *call, const char *name, int64_t otherwise);

/* Offers, in allegro_offers.c. */
struct allegro_offer *allegro_offer_by_id(struct allegro_seller *seller, const char *id);
size_t allegro_offer_index(const struct allegro_seller *seller, const struct allegro_offer *offer);
void allegro_offer_rename(struct allegro_seller *seller, struct allegro_offer *offer,
                          const char *external);
void allegro_offer_set(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                       int64_t stock, int64_t now_ms);
bool allegro_offer_activate(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                            int64_t now_ms);
void allegro_offer_end(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                       enum allegro_ended_by by, int64_t now_ms);
void allegro_offer_bought(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                          int32_t quantity, int64_t now_ms);
int64_t allegro_shown_available(const struct allegro_offer *offer, int64_t now_ms);
enum allegro_status allegro_shown_status(const struct allegro_offer *offer, int64_t now_ms);
bool allegro_status_parse(const char *text, enum allegro_status *status);
const char *allegro_status_name(enum allegro_status status);
const char *allegro_ended_name(enum allegro_ended_by by); /* NULL for ENDED_NOT */
void allegro_offers_free(struct allegro_seller *seller);
void allegro_write_add(struct allegro *allegro, const struct allegro_write *write);

/* An offer as product-offers has it, in allegro_offers_read.c; `errors`: rows of validation. */
void allegro_offer_write(struct allegro_call *call, const struct allegro_offer *offer,
                         const char *errors);

/* What falls due, in allegro_due.c. */
void allegro_due_add(struct allegro *allegro, const struct allegro_due *due);

/* A command's summary, in allegro_run.c; `fresh`: as the answer to its sending. */
void allegro_command_report(struct allegro_call *call, const struct allegro_command *command,
                            bool fresh);

/* Carried out when due: allegro_patch.c, allegro_run.c, allegro_orders.c. */
void allegro_operation_apply(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                             int64_t now_ms);
void allegro_command_run(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                         int64_t now_ms);
void allegro_event_out(struct allegro_seller *seller, const struct allegro_event *event);
void allegro_operations_free(struct allegro_seller *seller);
void allegro_commands_free(struct allegro_seller *seller);
void allegro_orders_free(struct allegro_seller *seller);
/* Something that forms show has changed: reads write all of them anew. */
void allegro_orders_forget(struct allegro_seller *seller);
struct allegro_order *allegro_order_find(struct allegro_seller *seller, const char *id);
const char *allegro_stage_name(enum allegro_stage stage);

/* Reading a checked body. */
int64_t allegro_body_int(const json_t *object, const char *name, int64_t otherwise);
const char *allegro_body_text(const json_t *object, const char *name); /* "" where absent */

#endif
