/* Allegro as a pure function, and what tests can do to it through C calls. The same can be done
 * through allegro_model.control() (see README.md); endpoints are in the allegro_*.c files beside
 * this header. The REST host and the login host arrive at one port.
 *
 * A state has applications (client id and secret) and sellers (accounts at Allegro, each reached
 * through one application, each with its own data, tokens and quotas); a seller has offers,
 * commands, orders and the journal of their events. Texts are copied. Pointers to sellers stay good
 * for the life of the state; those to offers until the next one is added. Times are milliseconds
 * since 1970. */
#ifndef MARKETSIM_ALLEGRO_H
#define MARKETSIM_ALLEGRO_H

#include "marketsim/market.h"
#include "marketsim/market_fault.h"
#include "marketsim/market_trace.h"

/* The application and the seller that a new state begins with. */
#define ALLEGRO_DEFAULT_CLIENT "test-client"
#define ALLEGRO_DEFAULT_SECRET "test-key"
#define ALLEGRO_DEFAULT_SELLER "46968690"
#define ALLEGRO_WAREHOUSE      "default" /* one offer, one number: there are no others */

/* Limits as the official document of July 2026 and Allegro's staff state them. */
#define ALLEGRO_CLIENT_PER_MINUTE  9000   /* requests of one Client ID; over it: shut a minute */
#define ALLEGRO_GET_PER_MINUTE     3500   /* GET product-offers, per seller */
#define ALLEGRO_PATCH_PER_MINUTE   2500   /* PATCH product-offers, per seller */
#define ALLEGRO_COMMAND_PER_MINUTE 9000   /* offers in commands of one kind, per seller */
#define ALLEGRO_COMMAND_PER_HOUR   250000 /* the same for quantity and publication */
#define ALLEGRO_BULK_PER_HOUR      150000 /* the same for the bulk command */
#define ALLEGRO_REPORT_PER_MINUTE  270000 /* offers in the reports that are fetched */
#define ALLEGRO_COMMAND_OFFERS     1000
#define ALLEGRO_BULK_ITEMS         25
#define ALLEGRO_LIST_MAX           1000
#define ALLEGRO_ACCESS_MS          43199000   /* 12 hours, as expires_in says it */
#define ALLEGRO_REFRESH_MS         7776000000 /* 3 months */
#define ALLEGRO_GRACE_MS           60000
#define ALLEGRO_EVENTS_MS          5184000000 /* 60 days */

struct allegro;
struct allegro_seller;

extern const struct market_model allegro_model; /* its state is a struct allegro */

struct allegro_settings {
    double scale; /* the quotas' windows last 1/scale of their time; default 1 */
    size_t client_per_minute, get_per_minute, patch_per_minute; /* 0: no limit */
    size_t command_per_minute, command_per_hour, bulk_per_hour, report_per_minute;
    size_t tokens_per_hour;  /* token answers of one seller; 0 (default): no limit */
    bool retry_after;        /* 429 carries Retry-After, which Allegro does not promise */
    bool user_agent;         /* a User-Agent of the registered form is demanded; default */
    bool accept;             /* media types are enforced; default */
    int64_t clock_offset_ms; /* added to every "now": clock jumps */
    int64_t read_lag_ms;     /* reads show a change only this much later */

    int64_t access_ms, refresh_ms, grace_ms; /* life of tokens */
    bool old_access_lives;                   /* renewal leaves the old access token working */
    bool grace_same_pair;    /* a repeat within the grace gives the pair of the first use again */
    bool echo_refresh;       /* error_description repeats the refused refresh token; default */
    int64_t device_ms;       /* life of a device code */
    int64_t device_interval; /* seconds between polls */
    int64_t device_polls;    /* the buyer's consent comes with this many polls; 0: by control */

    int64_t patch_async_ms; /* PATCH answers 202 and is carried out this much later; 0: 200 */
    int64_t patch_retry_s;  /* Retry-After of that 202 */
    int64_t edit_ms;        /* an edited offer answers 409 for so long */
    int64_t end_ms;         /* an offer without stock becomes ENDED this much later */
    int64_t activate_ms;    /* ACTIVATING lasts this long */
    bool nulls; /* null where there is no value, as live answers have it; the document mostly has
                   no null, so by default the field is absent */
    bool location_port; /* Location names an inner host and port; default */
    bool operation_200; /* a done operation answers 200 in place of 303 */

    int64_t register_ms;    /* a command's tasks show up this much later */
    int64_t command_ms;     /* and are done this much after it was sent */
    int64_t stuck_commands; /* so many next commands stay in NEW; < 0: all */
    int64_t uncounted;      /* so many next commands end with a task that no count has */
    bool odd_times;         /* finishedAt before scheduledAt, fractions of two digits */
    bool completed_null;    /* completedAt stays null */
    bool foreign_tasks;     /* reports have tasks of other fields too */
    bool in_progress_limit; /* publishing an offer that is being published fails; default */

    bool bought_form;       /* a form exists at BOUGHT already */
    bool cancel_restores;   /* a cancelled order gives its pieces back: not known of Allegro */
    bool updated_moves;     /* updatedAt moves when only the fulfilment status changes */
    int64_t event_delay_ms; /* events are in the journal this much later */
    bool event_late_ids;    /* and then with the id they would have had: behind a cursor */
    bool event_twice;       /* every event comes twice */
    int64_t events_lost;    /* so many next events never come; < 0: all */
};

struct allegro *allegro_create(uint64_t seed);
void allegro_destroy(struct allegro *allegro);
void allegro_handle(struct allegro *allegro, const struct market_request *request, int64_t now_ms,
                    struct market_answer *answer);
struct allegro_settings allegro_settings_get(const struct allegro *allegro);
void allegro_settings_set(struct allegro *allegro, const struct allegro_settings *settings);
/* Reads write every order anew and not as it is kept: something that they show was changed past the
 * functions below, or somebody wants to see that it makes no difference. */
void allegro_forget(struct allegro *allegro);
struct market_faults *allegro_faults(struct allegro *allegro);
struct market_trace *allegro_trace(struct allegro *allegro);
/* Carries out what falls due by `now_ms`: every request and control call does so first. */
void allegro_advance(struct allegro *allegro, int64_t now_ms);

/* Applications, sellers and tokens ---------------------------------------------------------- */

/* Adds an application or gives it another secret. */
void allegro_app_set(struct allegro *allegro, const char *client_id, const char *secret);
/* The registered name that its User-Agent must begin with; "": any. */
void allegro_app_name(struct allegro *allegro, const char *client_id, const char *name);
/* Shuts the Client ID as if it had gone over its limit. */
void allegro_app_shut(struct allegro *allegro, const char *client_id, int64_t until_ms);
/* The seller of that id, made where there is none. */
struct allegro_seller *allegro_seller_add(struct allegro *allegro, const char *client_id,
                                          const char *seller_id);
/* Both NULL: the first; a client id alone: the first of that application. */
struct allegro_seller *allegro_seller_find(struct allegro *allegro, const char *client_id,
                                           const char *seller_id);

/* Whatever a token may carry; bits in the order of the names. */
extern const char *const allegro_scope_names[]; /* ends with NULL */
#define ALLEGRO_ALL_SCOPES 0xffu

struct allegro_token {
    const char *access;
    const char *refresh;
    int64_t access_expires_ms;
    unsigned scopes;
};

/* A new pair, as if the seller had just consented. The texts live as long as the state. */
struct allegro_token allegro_token_issue(struct allegro *allegro, struct allegro_seller *seller,
                                         unsigned scopes, int64_t now_ms);
/* The seller's newest pair that still works, or a new one. */
struct allegro_token allegro_token_ready(struct allegro *allegro, struct allegro_seller *seller,
                                         int64_t now_ms);
/* Nothing of this seller's works any more: the user took the consent back. */
void allegro_token_revoke(struct allegro *allegro, struct allegro_seller *seller);
/* Those younger than `spare_ms` stay: how many. */
size_t allegro_token_expire_access(struct allegro *allegro, struct allegro_seller *seller,
                                   int64_t now_ms, int64_t spare_ms);

/* The user's answer on the page of a device code; "" means the newest. False: no such code. */
bool allegro_device_answer(struct allegro *allegro, const char *user_code,
                           struct allegro_seller *seller, bool approve, int64_t now_ms);

/* Offers and stock -------------------------------------------------------------------------- */

enum allegro_status { OFFER_INACTIVE, OFFER_ACTIVATING, OFFER_ACTIVE, OFFER_ENDED };
enum allegro_ended_by {
    ENDED_NOT,
    ENDED_USER,
    ENDED_ADMIN,
    ENDED_EXPIRATION,
    ENDED_EMPTY_STOCK,
    ENDED_PRODUCT_DETACHMENT,
    ENDED_ERROR,
};

enum allegro_offer_flags {
    ALLEGRO_FULFILLMENT = 1 << 0, /* stocked by Allegro: no figure may be written */
    ALLEGRO_REPUBLISH = 1 << 1,   /* when it ends by selling out, it comes back under a new id */
    ALLEGRO_INVALID = 1 << 2,     /* a PATCH is refused with 422: a parameter is missing */
    ALLEGRO_INVALID_200 = 1 << 3, /* a PATCH answers 200 with validation.errors, nothing applied */
    ALLEGRO_UNLISTED = 1 << 4,    /* GET /sale/offers does not have it, product-offers does */
    ALLEGRO_REPLACED = 1 << 5,    /* ended and republished under another id */
};

struct allegro_offer {
    char id[24];
    char *external; /* the seller's SKU; NULL: none */
    char *name;
    int64_t available; /* as the API says it; buyers see 0 unless the offer is ACTIVE */
    int64_t initial;   /* what it was activated with */
    int64_t sold;
    int64_t reserved; /* bought and not sent */
    enum allegro_status status;
    enum allegro_ended_by ended_by;
    unsigned flags;
    int64_t created_ms, updated_ms, ended_ms;
    int64_t busy_until_ms; /* an edit is being processed */
    int64_t lag_until_ms;  /* until then reads show these */
    int64_t shown_available;
    enum allegro_status shown_status;
};

/* ACTIVE where there is stock, else INACTIVE. An id of NULL is made up; NULL where it is taken. */
struct allegro_offer *allegro_offer_add(struct allegro *allegro, struct allegro_seller *seller,
                                        const char *id, const char *external, int64_t stock,
                                        int64_t now_ms);
/* "<prefix>000001" and on, `count` of them beginning with `first`. */
void allegro_offers_fill(struct allegro *allegro, struct allegro_seller *seller, const char *prefix,
                         size_t first, size_t count, int64_t stock, int64_t now_ms);
/* By external id (the newest that is not replaced), else by offer id. */
struct allegro_offer *allegro_offer_find(struct allegro_seller *seller, const char *name);
size_t allegro_offer_count(const struct allegro_seller *seller);
/* What a buyer can take of it. */
int64_t allegro_offer_free(const struct allegro_offer *offer);
/* Sets the stock past every rule: above 0 the offer is ACTIVE then, at 0 it ends. */
bool allegro_stock_set(struct allegro *allegro, struct allegro_seller *seller, const char *name,
                       int64_t stock, int64_t now_ms);
/* As another program would by PATCH: 0 ends the offer, more does not bring it back. */
bool allegro_stock_foreign(struct allegro *allegro, struct allegro_seller *seller, const char *name,
                           int64_t stock, int64_t now_ms);

/* The journal of figures that came in by PATCH and commands, a bounded ring. */
#define ALLEGRO_WRITES 65536
struct allegro_write {
    uint64_t seq; /* from 1 */
    uint64_t request;
    int64_t now_ms;
    int64_t received_ns;
    int64_t stock;
    char offer[24];       /* Allegro's id */
    const char *external; /* "" for an unknown offer */
    const char *way;      /* patch, quantity, bulk, end, activate, foreign */
    const char *code;     /* "" where it was accepted */
};
uint64_t allegro_write_count(const struct allegro *allegro);
/* By its number; NULL where the ring has dropped it. */
const struct allegro_write *allegro_write_get(const struct allegro *allegro, uint64_t seq);

/* Ends a stuck command, or any that is not done: its figures land now, or every task fails. */
bool allegro_command_finish(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                            bool success, int64_t now_ms);

/* Orders ------------------------------------------------------------------------------------ */

enum allegro_stage { STAGE_BOUGHT, STAGE_FILLED_IN, STAGE_READY, STAGE_CANCELLED };

struct allegro_order_line {
    const char *name; /* external id or offer id */
    int32_t quantity;
};

struct allegro_order_spec {
    const struct allegro_order_line *lines;
    size_t line_count;
    enum allegro_stage stage; /* how far the buyer has come */
    bool oversell;            /* take pieces that are not there: the stock stops at 0 */
    bool by_allegro;          /* fulfilment provider ALLEGRO */
    int64_t visible_after_ms; /* events and form show up only this much later */
    int64_t placed_ms;        /* 0: now */
};

enum allegro_order_step {
    ORDER_FILL,        /* BOUGHT -> FILLED_IN */
    ORDER_PAY,         /* -> READY_FOR_PROCESSING */
    ORDER_PACK,        /* fulfilment PROCESSING */
    ORDER_SHIP,        /* fulfilment SENT: the reserve ends */
    ORDER_DELIVER,     /* fulfilment PICKED_UP */
    ORDER_CANCEL,      /* BUYER_CANCELLED */
    ORDER_AUTO_CANCEL, /* AUTO_CANCELLED, of one that was never paid */
    ORDER_RETURN,      /* fulfilment RETURNED: the status of the form stays */
};

/* Writes the checkout form's id; false where an offer or the pieces are missing. */
bool allegro_order_place(struct allegro *allegro, struct allegro_seller *seller,
                         const struct allegro_order_spec *spec, int64_t now_ms, char *id,
                         size_t size);
bool allegro_order_step(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                        enum allegro_order_step step, int64_t now_ms);
/* Emits the event of the order's stage once more, as Allegro did days later. */
bool allegro_order_again(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                         int64_t now_ms);
/* The buyer fills in one form for two purchases: the lines of `id` go over to `into` with their
 * ids, and the form of `id` is gone. False where either is unknown or already paid. */
bool allegro_order_merge(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                         const char *into, int64_t now_ms);
size_t allegro_order_count(const struct allegro_seller *seller);

#endif
