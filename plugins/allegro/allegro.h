/* What the files of the Allegro plugin share: the operations, the way a request is sent, and the
 * way an answer is judged before an operation looks at its rows. */
#ifndef ALLEGRO_H
#define ALLEGRO_H

#include "kit/call.h"
#include "kit/json.h"
#include "kit/out.h"
#include "kit/state.h"

#include <stockd/plugin.h>

/* Buckets, by index in plugin.c. */
enum {
    ALLEGRO_BUCKET_CLIENT,
    ALLEGRO_BUCKET_GET,
    ALLEGRO_BUCKET_PATCH,
    ALLEGRO_BUCKET_QUANTITY_MINUTE,
    ALLEGRO_BUCKET_QUANTITY_HOUR,
    ALLEGRO_BUCKET_BULK_MINUTE,
    ALLEGRO_BUCKET_BULK_HOUR,
    ALLEGRO_BUCKET_PUBLICATION_MINUTE,
    ALLEGRO_BUCKET_PUBLICATION_HOUR,
    ALLEGRO_BUCKET_TASKS,
};

enum { ALLEGRO_ENDPOINT_API, ALLEGRO_ENDPOINT_AUTH };

/* Routes, by index in plugin.c. */
enum {
    ALLEGRO_ROUTE_COMMAND,  /* one value for up to 1000 offers */
    ALLEGRO_ROUTE_BULK,     /* up to 25 values */
    ALLEGRO_ROUTE_PATCH,    /* one offer; also a zero, which ends it */
    ALLEGRO_ROUTE_ACTIVATE, /* one ended offer: its figure and its return */
    ALLEGRO_ROUTE_END,      /* a zero that PATCH refuses: up to 1000 offers end */
};

/* "You can add up to 1000 offers" (OfferCriterium); maxItems of the bulk command. */
#define ALLEGRO_COMMAND_ITEMS 1000u
#define ALLEGRO_BULK_ITEMS    25u
/* The document names no largest stock; its quantities are int32. */
#define ALLEGRO_MAX_QUANTITY INT32_MAX
/* After an answer of PATCH a reading may be behind; Allegro promises no time. Lists have been seen
 * behind for longer, so a reading is what decides, not this. */
#define ALLEGRO_SETTLE_MS (60000 / KIT_HASTE)

/* The token's name, and the key of a listing that is the seller's `external.id`. */
#define ALLEGRO_TOKEN   "access"
#define ALLEGRO_KEY_SKU "sku"

/* Allegro has one figure for an offer; what lies in its own warehouse is its own. */
#define ALLEGRO_DEFAULT     "default"
#define ALLEGRO_FULFILLMENT "one-fulfillment"

/* Durable state of the account. */
#define ALLEGRO_STATE_FULFILLMENT "fulfillment" /* "1": some offers lie in Allegro's warehouse */
#define ALLEGRO_STATE_REPUBLISH   "republish"   /* ids of offers that republish, with commas */
#define ALLEGRO_STATE_REFRESH     "refresh-expires" /* ms */

/* Operations. [worker] */
enum stockd_verdict allegro_list_warehouses(const struct stockd_call *call);
enum stockd_verdict allegro_fetch_listings(const struct stockd_call *call);
enum stockd_verdict allegro_fetch_stock(const struct stockd_call *call);
enum stockd_verdict allegro_push_stock(const struct stockd_call *call);
enum stockd_verdict allegro_confirm_stock(const struct stockd_call *call);
enum stockd_verdict allegro_check_account(const struct stockd_call *call);
enum stockd_verdict allegro_authorize(const struct stockd_call *call);
enum stockd_verdict allegro_fetch_orders(const struct stockd_call *call);

/* ---- routes.c [pure] ---- */

uint32_t allegro_item_routes(const struct stockd_item *item, uint32_t *routes, uint32_t max);

/* What is known of an offer, kept as its listing's data: one letter each. */
#define ALLEGRO_OWN_ZERO 'z' /* a zero of ours ended the offer */
#define ALLEGRO_OWN_END  'e' /* our command ended it, since PATCH refused the zero */
#define ALLEGRO_NO_PATCH 'p' /* PATCH refused a zero: the next one goes by command */
#define ALLEGRO_NO_BULK  'b' /* the beta bulk command is not there */
#define ALLEGRO_WAITED   'w' /* ended, and it was waited for an order that says why */
#define ALLEGRO_MARKS    "zepbw"
bool allegro_marked(const struct stockd_item *item, char mark);
/* Replaces the marks of item `index`: those it has, with `set` added and `clear` removed. */
void allegro_mark(const struct stockd_call *call, uint32_t index, const char *set,
                  const char *clear);

/* ---- request.c ---- */

/* A request to the REST host. `accept` NULL: the public media type. Charges are for reads (and
 * ignored for writes of push_stock, whose route was charged). */
struct allegro_ask {
    const char *method, *path;
    const struct out *body; /* or NULL */
    bool beta, write;
    struct stockd_charge charges[STOCKD_CHARGES_MAX];
};
enum stockd_verdict allegro_send(const struct stockd_call *call, const struct allegro_ask *ask);
/* GET charged to the client and, where `bucket` is not the client's, `amount` of that one. */
enum stockd_verdict allegro_get(const struct stockd_call *call, const struct out *path,
                                uint32_t bucket, int64_t amount);

/* Percent-encodes a value of a query or of a form. */
void out_percent(struct out *out, const char *text);
/* Whether a text may stand in a path as it is: an offer's id, a uuid. */
bool allegro_is_segment(const char *text);
#define ALLEGRO_UUID_SIZE 36
/* The id of the operation as a random (version 4) UUID. */
void allegro_uuid(const struct stockd_call *call, char out[ALLEGRO_UUID_SIZE + 1]);
/* The rows of a page; NULL: none to read, or far more than were asked for. */
const json_t *allegro_rows(const json_t *doc, const char *name, size_t limit);

/* ---- errors.c ---- */

struct allegro_error {
    const char *code; /* never NULL; "http-403" where the body names none */
    const char *text; /* never NULL */
    bool json;        /* the body was an object */
    bool listed;      /* it had a list of errors */
    char memory[24];
};

/* Reads `errors` of a document, or of its `validation`. The texts live as long as both. Never holds
 * an error_description, which may echo a token. */
void allegro_error_read(const json_t *doc, int status, struct allegro_error *error);
/* A 429 shuts the client's bucket for its minute; until when, or 0 for another status. */
int64_t allegro_quota_learn(const struct stockd_call *call);
/* The answer to a read: the document (the caller's) and 0, or NULL and the verdict to return. */
enum stockd_verdict allegro_read_answer(const struct stockd_call *call, json_t **doc);
/* The same verdict for an answer that is not the wished one; `doc` may be NULL. */
enum stockd_verdict allegro_read_refused(const struct stockd_call *call, const json_t *doc);
/* A page that stands before the marketplace (a captcha, a proxy), not an answer of it. */
bool allegro_is_page(const struct stockd_response *answer);
/* It lists errors in Allegro's own words: then a 4xx is about what was asked for, not about the way
 * there. */
bool allegro_names_errors(const struct stockd_response *answer);

/* ---- offers.c ---- */

enum allegro_offer {
    ALLEGRO_OFFER_WHOLE,
    ALLEGRO_OFFER_HOLED, /* malformed in part, and said to be */
    ALLEGRO_OFFER_LOST,  /* malformed so that nothing could be emitted */
};
/* Emits the listing and the figure of an offer, as lists and details tell it. `item`: the one that
 * was asked for, whose id it must have, or NULL. */
enum allegro_offer allegro_emit_offer(const struct stockd_call *call, const json_t *offer,
                                      const struct stockd_item *item);
/* Emits a listing made of what is known of an item, in another state. */
void allegro_emit_state(const struct stockd_call *call, const struct stockd_item *item,
                        enum stockd_listing_state state, const char *code, const char *text);
/* The id was asked for alone, and is not there. */
void allegro_emit_gone(const struct stockd_call *call, const char *id);
/* Remembers and warns of an offer that Allegro puts back with its first stock. */
void allegro_note_republish(const struct stockd_call *call, const json_t *publication,
                            const char *offer);
void allegro_warn_republish(const struct stockd_call *call);

/* ---- sold.c: offers that were bought lately ---- */

struct allegro_sold {
    unsigned char data[STOCKD_STATE_MAX];
    size_t size;
    bool changed;
};
/* Once in a step that tells of purchases: begin, add each, end. */
void allegro_sold_begin(const struct stockd_call *call, struct allegro_sold *sold);
void allegro_sold_add(struct allegro_sold *sold, const char *offer, int64_t bought_ms,
                      int64_t now_ms);
void allegro_sold_end(const struct stockd_call *call, const struct allegro_sold *sold);
/* Whether somebody bought it within the last three days, as far as orders are read here, and it is
 * among the last four hundred that were bought. */
bool allegro_sold_lately(const struct stockd_call *call, const char *offer);

/* ---- offers_items.c: reading offers by their ids, for stock, listings and lost writes ---- */

/* One bit for each item of the operation that was or need not be asked for. */
struct allegro_reading {
    uint32_t next;       /* the next item to ask for in a list */
    uint32_t asked_from; /* the items of the list in flight: from here to `next` */
    uint32_t single;     /* the item being asked for alone */
    bool alone;          /* the request in flight is about `single` */
    bool lost;           /* an item could not be read */
    uint8_t settled[];   /* by item: 1 answered for, or not to be asked for */
};
size_t allegro_reading_size(uint32_t items);
/* The next request of the reading, or DONE (the scope is then the caller's to complete). */
enum stockd_verdict allegro_reading_next(const struct stockd_call *call,
                                         struct allegro_reading *reading);
/* Takes an answer; goes on by allegro_reading_next. */
enum stockd_verdict allegro_reading_take(const struct stockd_call *call,
                                         struct allegro_reading *reading);

/* ---- push.c ---- */

void allegro_outcome(const struct stockd_call *call, uint32_t index, enum stockd_outcome_kind kind,
                     int64_t until_ms, const char *code, const char *text);
/* A confirmed zero ends the offer; a confirmed other figure makes our own zero a thing of the past.
 */
void allegro_confirmed(const struct stockd_call *call, uint32_t index, int64_t value,
                       const char *ended_by);
/* The same of an operation that ended as it should, which shows no offer: one that was to bring it
 * back did. */
void allegro_operation_done(const struct stockd_call *call, uint32_t index, int64_t value);

/* A note: what to ask for, and when it was sent. "q" quantity, "b" bulk, "p" publication command,
 * "o" operation of a PATCH; then the value sent ("0", "7"), "@", milliseconds, "/", the id. */
struct allegro_note {
    char kind;
    int64_t value, sent_ms;
    char id[64];
};
void allegro_note_put(const struct stockd_call *call, uint32_t index, const struct allegro_note *);
bool allegro_note_read(const struct stockd_item *item, struct allegro_note *note);

/* ---- push_command.c, push_patch.c ---- */

enum stockd_verdict allegro_push_command(const struct stockd_call *call);
enum stockd_verdict allegro_push_patch(const struct stockd_call *call);
enum stockd_verdict allegro_push_activate(const struct stockd_call *call);
/* A PATCH of item 0, with or without its return, and the steps after it. */
enum stockd_verdict allegro_patch_send(const struct stockd_call *call, bool activate);
enum stockd_verdict allegro_patch_step(const struct stockd_call *call);
bool allegro_patch_is_sent(const struct stockd_call *call);
/* An item whose change was refused by name; a zero that PATCH refuses goes by command next. */
void allegro_patch_refused(const struct stockd_call *call, uint32_t index, int64_t value,
                           const struct allegro_error *error);

/* ---- confirm.c: the operation that a 202 of PATCH names ---- */

enum stockd_verdict allegro_operation_ask(const struct stockd_call *call,
                                          const struct stockd_item *item, const char *id);
enum allegro_operation {
    ALLEGRO_OPERATION_DONE,
    ALLEGRO_OPERATION_PENDING,
    ALLEGRO_OPERATION_REFUSED, /* `error` says why */
    ALLEGRO_OPERATION_OVER,    /* and not said how: the offer shows it */
    ALLEGRO_OPERATION_UNREAD,  /* the answer does not say */
};
enum allegro_operation allegro_operation_read(const struct stockd_response *answer,
                                              const json_t *doc, struct allegro_error *error);

#endif
