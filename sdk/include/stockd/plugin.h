/* stockd/plugin.h - the plugin ABI of stockd, whole.
 *
 * A plugin teaches stockd one marketplace. It does no input or output of its own: it turns (operation,
 * what happened last) into the next step - a request to send, a wait, or the end. The core owns sockets,
 * TLS, quotas, retries, deadlines, secrets, storage and logging, so a plugin cannot block the daemon,
 * leak a socket or go round a quota, and all it does is tested with bytes in and bytes out.
 *
 * CAVEATS, read these first
 *  - A plugin is code in the daemon's process. No threads, no sockets, no files, no sleeping, no static
 *    mutable data: one instance may run several operations at once on different threads.
 *  - Everything a step passes to the host is copied before the host function returns. Everything the host
 *    passes in lives until the step returns, no longer, except what `struct stockd_start` points to,
 *    which lives as long as the operation.
 *  - A step over 50 ms is logged; one over 10 s parks the account and counts as a crash.
 *  - Unknown is never zero: what could not be read is not emitted, and its scope not completed.
 *  - A write's bytes are never repeated by the core. A write without an answer is `unresolved`, not failed.
 *
 * THREADS. Each function is tagged:
 *  [worker]  called on a worker thread, never two at once for one operation, and never two operations of one
 *            account at the same time; different accounts run at the same time.
 *  [pure]    called on any thread, at any time; looks at its arguments only.
 *
 * UNITS. Times are int64 milliseconds since 1970-01-01 UTC, durations are milliseconds, quantities are
 * whole pieces (int64). Strings are UTF-8, NUL-terminated unless a size stands beside them. A NULL string
 * means "not known".
 *
 * VERSIONS. `abi_major` must match; an older `abi_minor` works: each struct a plugin passes carries its
 * size (tables: the size of one element), and a missing tail reads as zero, which always means "absent"
 * or "the default". New functions appear at the end of `struct stockd_host`; ask `host->size`. The elements of
 * arrays inside a call (items, keys, references, headers, charges, warehouses) never change within a major:
 * what they would gain comes as an array beside them. A plugin of a newer minor than the daemon's is refused.
 */
#ifndef STOCKD_PLUGIN_H
#define STOCKD_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOCKD_ABI_MAJOR 1u
#define STOCKD_ABI_MINOR 0u
#define STOCKD_PLUGIN_MAGIC 0x446b7453u /* "StkD", little endian */

/* Limits of the ABI. Longer data is refused by the host function that takes it. */
#define STOCKD_ID_MAX 200u           /* bytes of a remote id, key value or code; keeps an LMDB key under 511 */
#define STOCKD_TEXT_MAX 1000u        /* bytes of a title or an explanation; longer text is cut */
#define STOCKD_LISTING_DATA_MAX 256u /* bytes of plugin data kept with a listing */
#define STOCKD_TARGET_DATA_MAX 64u   /* bytes of plugin data kept with a target */
#define STOCKD_NOTE_MAX 128u         /* bytes of a note on an unresolved write */
#define STOCKD_STATE_MAX 4096u       /* bytes of one value of the account's durable state */
#define STOCKD_KEYS_MAX 16u          /* keys of one listing, references of one order line */
#define STOCKD_CHARGES_MAX 4u        /* quota charges of one request */
#define STOCKD_HEADERS_MAX 24u       /* headers of one request */
#define STOCKD_BODY_DEFAULT (8u << 20) /* bytes of an answer when the request declares no maximum */
#define STOCKD_BODY_MAX (64u << 20)    /* bytes a request may declare for its answer, and of its own body */
#define STOCKD_PART_MAX (64u << 10)    /* bytes of one part of an answer taken in parts */
#define STOCKD_PATH_MAX 8000u          /* bytes of a request's path with its query */
#define STOCKD_SECRET_MAX 8192u        /* bytes of a token */
#define STOCKD_TIMEOUT_MAX 600000      /* ms a request may declare */
#define STOCKD_WAIT_MAX 600000         /* ms of one STOCKD_WAIT */
#define STOCKD_STEP_ROWS_MAX 200000u   /* rows of all kinds emitted by one step */
#define STOCKD_STEP_BYTES_MAX (64u << 20) /* bytes of memory those rows and the request take */
#define STOCKD_SCRATCH_DEFAULT (1u << 20)
#define STOCKD_SCRATCH_MAX (64u << 20)

/* Limits of what a plugin declares. */
#define STOCKD_OPTIONS_MAX 64u
#define STOCKD_ENDPOINTS_MAX 32u
#define STOCKD_BUCKETS_MAX 64u
#define STOCKD_ROUTES_MAX 16u
#define STOCKD_NAME_MAX 63u      /* bytes of the name of a plugin, option, endpoint, bucket, route or state */
#define STOCKD_ITEMS_MAX 10000u  /* largest max_items of a route */

/* ------------------------------------------------------------------------------------------------------
 * What the plugin declares. All of it is constant data.
 */

enum stockd_option_type {
    STOCKD_OPTION_STRING = 1,
    STOCKD_OPTION_INT = 2,      /* decimal, int64; `min` and `max` apply when max > min */
    STOCKD_OPTION_BOOL = 3,     /* true | false | yes | no | on | off */
    STOCKD_OPTION_CHOICE = 4,   /* one of `choices`, separated by '|' */
    STOCKD_OPTION_DURATION = 5, /* 500ms, 30s, 10m, 6h, 2d; given to the plugin in milliseconds */
};

/* One key of the account's section in conf.d. The core checks configuration against it before plugin code
 * runs; the same table prints `stockctl plugin info` and the documentation. */
struct stockd_option {
    const char *name;          /* as written in conf.d: lower case, words joined by '-' */
    uint32_t type;             /* enum stockd_option_type */
    uint8_t required;          /* 1: configuration without it is refused */
    uint8_t secret;            /* 1: never printed or recorded, never readable by the plugin (see headers) */
    uint16_t reserved;
    const char *default_value; /* as it would be written, or NULL */
    const char *choices;       /* STOCKD_OPTION_CHOICE: "a|b|c" */
    int64_t min, max;
    const char *help; /* one sentence */
};

/* A named base address. Configuration may override it (`endpoints: {name: https://...}`). */
struct stockd_endpoint {
    const char *name;
    const char *base_url; /* "https://api.example.com"; NULL: taken from the option `url_option` */
    const char *url_option;
};

enum stockd_bucket_kind {
    STOCKD_BUCKET_TOKENS = 1,    /* refills at `amount` per `per_ms`, holds at most `burst` */
    STOCKD_BUCKET_WINDOW = 2,    /* at most `amount` in any window of `per_ms` */
    STOCKD_BUCKET_IN_FLIGHT = 3, /* at most `amount` requests at one time */
};

/* A quota as the marketplace counts it. Two accounts whose key is equal share one bucket. */
struct stockd_bucket {
    const char *name;
    uint32_t kind;         /* enum stockd_bucket_kind */
    uint32_t refused_cost; /* what one counts at least that is refused (4xx), or may be (5xx, no
                              answer); 0: its charge */
    int64_t amount;
    int64_t per_ms;
    int64_t burst;           /* TOKENS only; 0 means `amount` */
    const char *key_options; /* names of options joined by ',' whose values are the key */
    uint8_t key_seller;      /* 1: the identity given by host->identity is part of the key */
    uint8_t reserved2[7];
};

struct stockd_charge {
    uint32_t bucket; /* index into the plugin's buckets */
    uint32_t reserved;
    int64_t amount; /* 0 ends the list */
};

enum stockd_route_group {
    STOCKD_GROUP_NONE = 0,      /* any items of the account share a batch */
    STOCKD_GROUP_WAREHOUSE = 1, /* one remote warehouse per batch */
    STOCKD_GROUP_LISTING = 2,   /* one listing group (parent product) per batch */
    STOCKD_GROUP_VALUE = 3,     /* one wanted quantity per batch */
};

enum stockd_route_kind {
    STOCKD_WRITE_ABSOLUTE = 0, /* says "the figure is N" */
    STOCKD_WRITE_COMPARE = 1,  /* says "from B to N"; a stale B is answered `changed` */
    STOCKD_WRITE_DELTA = 2,    /* says "N - B more"; never repeated, proven by reading */
};

enum stockd_confirmation {
    STOCKD_CONFIRM_ANSWER = 0,   /* the answer says what was applied */
    STOCKD_CONFIRM_NOTE = 1,     /* ask later with `confirm_stock` and the note */
    STOCKD_CONFIRM_READBACK = 2, /* read the figures after `settle_ms` */
};

/* A way to write. The core forms batches by it, takes its charges first, then computes the quantities, then
 * calls push_stock with items of this one route. */
struct stockd_route {
    const char *name;
    uint32_t group;        /* enum stockd_route_group */
    uint32_t kind;         /* enum stockd_route_kind */
    uint32_t confirmation; /* enum stockd_confirmation */
    uint32_t min_items;    /* fewer due items take their next route; 0 means 1 */
    uint32_t max_items;
    uint32_t parallel; /* operations at once; 0 means 1 */
    struct stockd_charge per_request[STOCKD_CHARGES_MAX];
    struct stockd_charge per_item[STOCKD_CHARGES_MAX];
    int64_t cadence_ms;     /* least time between two writes to one target; 0: none */
    int64_t settle_ms;      /* how long after a write a reading may still show the old figure */
    int64_t stuck_after_ms; /* an unresolved write older than this is abandoned; 0 means 1 hour */
    int64_t max_quantity;   /* larger wanted figures are capped, visibly; 0: no limit */
};

/* The operations. The first three are required. */
enum stockd_operation {
    STOCKD_LIST_WAREHOUSES = 0,
    STOCKD_FETCH_STOCK = 1,
    STOCKD_PUSH_STOCK = 2,
    STOCKD_CHECK_ACCOUNT = 3,
    STOCKD_AUTHORIZE = 4,
    STOCKD_FETCH_LISTINGS = 5,
    STOCKD_FETCH_ORDERS = 6,
    STOCKD_CONFIRM_STOCK = 7,
    STOCKD_OPERATION_COUNT = 8,
};

/* Capability flags of a plugin. */
#define STOCKD_STOCK_NEEDS_IDS (1u << 0)     /* there is no dump: fetch_stock is always given items */
#define STOCKD_LISTINGS_CARRY_STOCK (1u << 1) /* fetch_listings also emits every stock row */
#define STOCKD_STOCK_BY_WAREHOUSE (1u << 2)   /* fetch_stock reads one remote warehouse per operation */
#define STOCKD_ORDERS_NEED_OPEN (1u << 3)     /* fetch_orders is given the ids of orders still open here */
#define STOCKD_READINGS_GO_ON (1u << 4)       /* lists are read on where they were interrupted: see `reading_ms` */
/* Steps keep nothing of jansson's, and give nothing of it to free(): no json_dumps, whose text is freed so.
 * Then its memory is taken back at the end of each step, all at once. */
#define STOCKD_JSON_ENDS_WITH_STEP (1u << 5)

/* What a step returns. */
enum stockd_verdict {
    STOCKD_SEND = 1,    /* send the request made by host->request; its answer is the next event */
    STOCKD_WAIT = 2,    /* call again with STOCKD_TIMER after host->wait's time (at most 10 minutes) */
    STOCKD_DONE = 3,    /* the operation ended as it should */
    STOCKD_FAIL = 4,    /* the operation cannot go on: host->fail said why */
    STOCKD_DEFAULT = 5, /* only after a response: the core gives the answer its default meaning (below) */
    STOCKD_MORE = 6,    /* only after a part that is not the last: call again with the next part */
};

/* Why an operation failed. Default meaning of answers, also used for STOCKD_DEFAULT: to a read, 408, 425,
 * 429, 5xx and transport errors mean RETRY. To a write, 429 means that no item was applied, and 408, 5xx and a
 * lost answer leave every item without an outcome unresolved. 401 means AUTH, 403 DENIED. Any other 4xx to
 * a batch rejects nobody: the core halves the batch, and only a lone item can be rejected by it. */
enum stockd_fail {
    STOCKD_FAIL_RETRY = 1,       /* later, with back-off */
    STOCKD_FAIL_AUTH = 2,        /* the credentials are not accepted: parks the account */
    STOCKD_FAIL_DENIED = 3,      /* this ability is missing: closes the operation, not the account */
    STOCKD_FAIL_BLOCKED = 4,     /* the marketplace has shut this seller or method out for now */
    STOCKD_FAIL_UNSUPPORTED = 5, /* the method is gone: the plugin is older than the marketplace */
    STOCKD_FAIL_BUG = 6,         /* the plugin contradicts itself */
};

/* ------------------------------------------------------------------------------------------------------
 * What an operation is given.
 */

enum stockd_event {
    STOCKD_START = 1,    /* the first step */
    STOCKD_RESPONSE = 2, /* call->response holds the answer, or a part of it */
    STOCKD_TIMER = 3,    /* the time asked for by STOCKD_WAIT is over */
};

enum stockd_listing_state {
    STOCKD_LISTING_ACTIVE = 0,
    STOCKD_LISTING_ENDED = 1,     /* not on sale now: counts as showing 0, but for a plugin with a
                                     route of deltas, which start from what it has */
    STOCKD_LISTING_NOT_READY = 2, /* being made or moderated: written later */
    STOCKD_LISTING_ARCHIVED = 3,
    STOCKD_LISTING_MARKETPLACE_STOCKED = 4, /* the marketplace keeps this stock: never written */
    STOCKD_LISTING_DIGITAL = 5,             /* nothing to count: never written */
    STOCKD_LISTING_GONE = 6,                /* concluded only by asking for that very id */
};

/* A name by which a listing is known. `kind` is "sku", "barcode", or the marketplace's own term. "sku" keys are
 * compared with products' SKUs byte for byte, "barcode" keys with their barcodes. */
struct stockd_key {
    const char *kind;
    const char *value;
};

/* One listing, warehouse and figure: what a write, a reading or a confirmation is about. Host memory. */
struct stockd_item {
    const char *listing_id;
    const char *group;        /* parent product, or NULL */
    const char *warehouse_id; /* remote warehouse, or NULL where the operation is not about one */
    const struct stockd_key *keys;
    uint32_t key_count;
    uint32_t listing_state;   /* enum stockd_listing_state */
    const void *listing_data; /* stored by host->listing_data, or NULL */
    const void *target_data;  /* stored by host->target_data, or NULL */
    const void *note;         /* stored by host->note: confirm_stock only, or NULL */
    uint32_t listing_data_size, target_data_size, note_size;
    uint32_t aspect;      /* what is written; 0 is stock, the only one of ABI 1.0 */
    int64_t wanted;       /* the figure to show */
    int64_t base;         /* the figure the core expects there now; -1 when unknown */
    uint32_t scale;       /* decimals of `wanted` and `base`; 0 for stock */
    char currency[4];     /* "" for stock */
    int64_t revision;     /* rises with every new wanted figure of this target */
};

struct stockd_warehouse_ref {
    const char *id;
    const char *kind;
    uint8_t writable;
    uint8_t reserved[7];
};

enum stockd_orders_mode {
    STOCKD_ORDERS_DRAIN = 0, /* go on from the stored cursor to the end */
    /* Read everything changed since `since_ms`. At a cut-over it comes before the first drain, again and again
     * until one ends without anything `malformed`; so a list that does not show its end is to be told as that. */
    STOCKD_ORDERS_SWEEP = 1,
};

enum stockd_authorize_mode {
    STOCKD_AUTHORIZE_RENEW = 0, /* get a new token by itself, with what is stored; never a prompt */
    STOCKD_AUTHORIZE_LOGIN = 1, /* a person is there: begin anew, ask them by host->prompt */
};

/* What the operation is for. Lives, unchanged, until the operation ends. */
struct stockd_start {
    uint32_t size;
    uint32_t operation; /* enum stockd_operation */
    uint32_t route;     /* push_stock, confirm_stock: index into the plugin's routes */
    uint32_t item_count;
    const struct stockd_item *items; /* push_stock, confirm_stock, fetch_stock by ids, fetch_listings by ids */
    const char *warehouse_id;        /* fetch_stock: the one to read, or NULL for all */
    const struct stockd_warehouse_ref *warehouses; /* those known by now */
    uint32_t warehouse_count;
    uint32_t orders_mode; /* enum stockd_orders_mode */
    int64_t since_ms;     /* STOCKD_ORDERS_SWEEP; for a first drain, how far back to look; else 0 */
    const char *const *open_orders; /* with STOCKD_ORDERS_NEED_OPEN */
    uint32_t open_order_count;
    uint32_t authorize_mode; /* authorize: enum stockd_authorize_mode */
    /* fetch_listings and fetch_stock of everything, with STOCKD_READINGS_GO_ON: when the reading was begun
     * that this operation is a part of; 0: it is a part of none, keep no place. The plugin keeps this number
     * and where it is in its state, in the step with the rows before that place. An operation with the same
     * number goes on there; with another one it begins anew. What completes a scope speaks for the whole
     * reading: what cannot go on safely (a row that could not be read, another epoch) begins anew, too.
     * `progress` counts from the reading's beginning.
     * fetch_orders: a number that becomes another one when a new cut-over begins; what was kept of a reading
     * under another is of no use then, but for the cursor. */
    int64_t reading_ms;
};

enum stockd_transport {
    STOCKD_ARRIVED = 0,      /* `status` holds an HTTP status */
    STOCKD_NOT_SENT = 1,     /* surely nothing reached the marketplace (no address, refused, TLS) */
    STOCKD_LOST = 2,         /* sent, at least in part, and no whole answer came */
    STOCKD_TOO_LARGE = 3,    /* the answer was longer than allowed; `status` holds its status */
};

struct stockd_response {
    uint32_t size;
    uint32_t transport; /* enum stockd_transport */
    int32_t status;     /* HTTP status, or 0 */
    uint8_t last_part;  /* 1 unless more parts follow */
    uint8_t reserved[3];
    const char *body; /* NUL-terminated for convenience; not counted in body_size */
    size_t body_size;
    int64_t sent_ms, received_ms;
    const char *error; /* transport error in words, or NULL */
};

/* ------------------------------------------------------------------------------------------------------
 * What a step may emit. All rows of a step are committed together before its request leaves, so a crash
 * resumes from whole steps. Any operation may emit any row.
 */

struct stockd_warehouse {
    uint32_t size;
    uint8_t writable;         /* 1: stock can be written */
    uint8_t is_default;       /* 1: the one that sells online, where only one does */
    uint8_t gone;             /* 1: the marketplace says it is deleted */
    uint8_t marketplace; /* 1: the marketplace's own: its stock is shown, never written, never linked */
    const char *id;
    const char *name;
    const char *kind;         /* "fbs", "rfbs", "fbo" ... the marketplace's own term in lower case */
    int64_t closed_until_ms;  /* not writable until then; 0: not known or not closed */
    const char *why;          /* why it is not writable: the marketplace's word and its text */
};

struct stockd_listing {
    uint32_t size;
    uint32_t state; /* enum stockd_listing_state */
    const char *id;
    const struct stockd_key *keys;
    uint32_t key_count;
    uint32_t reserved;
    const char *group;
    const char *title;
    const char *code; /* the marketplace's word for the state */
    const char *text;
    const void *data; /* plugin data kept with the listing, NULL keeps what is there */
    size_t data_size;
};

enum stockd_stock_kind {
    STOCKD_STOCK_NUMBER = 0,
    STOCKD_STOCK_UNTRACKED = 1, /* the marketplace does not count this one */
    STOCKD_STOCK_ABSENT = 2,    /* asked for, and not in the answer: confirms a sent 0 and nothing else */
};

#define STOCKD_UNKNOWN INT64_MIN /* a figure that the answer does not hold */

struct stockd_stock {
    uint32_t size;
    uint32_t kind;            /* enum stockd_stock_kind */
    const char *warehouse_id;
    const char *warehouse_name; /* as this answer names it, or NULL */
    const char *listing_id;
    const char *type;         /* "fbs", "rfbs", "fbo", "fbp", "fbw" ... */
    uint8_t read_only;        /* 1: the marketplace keeps this figure; shown, never written */
    uint8_t reserved[7];
    int64_t quantity;         /* what can still be bought there, reservations excluded */
    int64_t reserved_quantity; /* promised to orders; STOCKD_UNKNOWN where not said */
    int64_t marketplace_ms;   /* the marketplace's own time of the figure, or 0 */
};

enum stockd_scope {
    STOCKD_SCOPE_WAREHOUSE = 1, /* all stock of one remote warehouse (`id`) was read to its end */
    STOCKD_SCOPE_ALL_STOCK = 2, /* of each; without it nothing that an account shows counts as absent */
    STOCKD_SCOPE_ITEMS = 3, /* all items asked for were answered for */
    STOCKD_SCOPE_LISTINGS = 4,
    STOCKD_SCOPE_WAREHOUSES = 5,
};

enum stockd_order_state {
    STOCKD_ORDER_OPEN = 0,
    STOCKD_ORDER_SHIPPED = 1,
    STOCKD_ORDER_CANCELLED = 2,
    STOCKD_ORDER_RETURNED = 3,
};

struct stockd_order_line {
    uint32_t size;
    uint32_t state;  /* enum stockd_order_state */
    const char *key; /* unique in the account, for ever */
    const char *order_id; /* may change while the key stays */
    const struct stockd_key *refs; /* kind "listing" for a listing id, else a key kind */
    uint32_t ref_count;
    uint8_t marketplace_stock;   /* 1: taken from the marketplace's own stock, not the seller's */
    uint8_t marketplace_lowered; /* 1: the marketplace has already lowered its figure for it */
    uint8_t oversell;            /* 1: the marketplace says it was sold without stock */
    uint8_t has_version;
    int64_t quantity;
    int64_t version; /* the remote version, rising; only with has_version */
    const char *warehouse_id;
    /* By the marketplace's clock, 0: not said. changed_ms: when it came to be as it is; not a time
     * that may stay while the state moves, for a figure counted later than that knows of it. */
    int64_t ordered_ms, changed_ms;
    const char *status; /* the marketplace's own word */
};

enum stockd_outcome_kind {
    STOCKD_OK = 1,         /* applied */
    STOCKD_ACCEPTED = 2,   /* taken, to be proven: look again after `until_ms` */
    STOCKD_RETRY = 3,      /* surely not applied; may go again at once */
    STOCKD_THROTTLED = 4,  /* surely not applied; not before `until_ms` */
    STOCKD_CHANGED = 5,    /* surely not applied: the figure there is `observed`, not `base` */
    STOCKD_REJECTED = 6,   /* never as it is: `code` and `text` say why */
    STOCKD_UNRESOLVED = 7, /* not known; may still land until `until_ms` */
};

struct stockd_outcome {
    uint32_t size;
    uint32_t kind; /* enum stockd_outcome_kind */
    int64_t until_ms;
    int64_t observed; /* STOCKD_CHANGED, and STOCKD_OK where the answer shows it; else STOCKD_UNKNOWN */
    const char *code;
    const char *text;
};

enum stockd_secret_use {
    STOCKD_SECRET_NONE = 0,
    STOCKD_SECRET_PLAIN = 1,  /* header value = `value` followed by the secret */
    STOCKD_SECRET_BEARER = 2, /* "Bearer " and the secret */
    STOCKD_SECRET_BASIC = 3,  /* "Basic " and base64 of "`value`:secret" */
    STOCKD_SECRET_HMAC_SHA256_HEX = 4,    /* hex of HMAC-SHA256(secret, `value`) */
    STOCKD_SECRET_HMAC_SHA256_BASE64 = 5, /* base64 of the same */
};

/* A request header. Where a secret is named, the core fills it in as the bytes leave; neither the plugin nor
 * a recording ever holds it. `secret` names a secret option, or a token stored by host->token. */
struct stockd_header {
    const char *name;
    const char *value;
    const char *secret;
    uint32_t use; /* enum stockd_secret_use */
    uint32_t reserved;
};

#define STOCKD_REQUEST_WRITE (1u << 0)   /* changes something: a lost answer is unresolved */
#define STOCKD_REQUEST_FOREIGN (1u << 1) /* `path` is a whole https URL, host under `foreign_suffixes` */
#define STOCKD_REQUEST_PARTS (1u << 2)   /* deliver the answer in parts of at most STOCKD_PART_MAX */
#define STOCKD_REQUEST_GUNZIP (1u << 3)  /* the body is gzip although no header says so */
/* For logins that want a secret in the body: there "{secret:NAME}" becomes the secret option or token NAME,
 * "{refresh:NAME}" the refresh token stored with token NAME, as the bytes leave. */
#define STOCKD_REQUEST_FILL_FORM (1u << 4) /* percent-encoded, for application/x-www-form-urlencoded */
#define STOCKD_REQUEST_FILL_JSON (1u << 5) /* escaped, for inside a JSON string */

struct stockd_request {
    uint32_t size;
    uint32_t flags;
    const char *method;   /* "GET", "POST" ... */
    uint32_t endpoint;    /* index into the plugin's endpoints */
    uint32_t header_count;
    const char *path;     /* from "/", with the query, already percent-encoded */
    const struct stockd_header *headers;
    const void *body;
    size_t body_size;
    size_t body_max;      /* of the answer; 0 means STOCKD_BODY_DEFAULT */
    int64_t timeout_ms;   /* 0: the account's `timeout` */
    struct stockd_charge charges[STOCKD_CHARGES_MAX]; /* reads; push_stock's come from its route */
};

/* What an answer taught about a bucket. Fields are STOCKD_UNKNOWN (or 0 for times) when not said. */
struct stockd_quota_fact {
    uint32_t size;
    uint32_t bucket;
    int64_t remaining;       /* what is left now */
    int64_t amount, per_ms;  /* the rate in force */
    int64_t cost;            /* what this request really cost */
    int64_t closed_until_ms; /* nothing before then */
};

struct stockd_token {
    uint32_t size;
    uint32_t reserved;
    const char *name;  /* how headers refer to it */
    const char *value;
    const char *refresh;        /* single use where `grace_ms` is set; sealed at rest; NULL keeps */
    int64_t expires_ms;         /* 0: does not expire */
    int64_t refresh_expires_ms;
    int64_t grace_ms;           /* a repeat with the old refresh token is allowed this long */
};

struct stockd_prompt {
    uint32_t size;
    uint32_t reserved;
    const char *text; /* what the person is to do */
    const char *url;
    const char *code;
    int64_t expires_ms;
};

struct stockd_call;

/* The host's functions. [worker], during a step only. Functions that return int give 0, or -1 when the value is
 * refused (too long, unknown item, malformed); the reason is logged and the step counts as a plugin bug
 * when it ends. `ctx` is call->ctx. */
struct stockd_host {
    uint32_t size;
    uint32_t abi_minor;

    /* Configuration and durable state. */
    const char *(*option)(void *ctx, const char *name); /* its text or default; NULL: absent or secret */
    int64_t (*option_int)(void *ctx, const char *name); /* INT, BOOL (0, 1) and DURATION (ms) */
    const void *(*state_get)(void *ctx, const char *name, size_t *size); /* NULL: absent */
    int (*state_put)(void *ctx, const char *name, const void *data, size_t size); /* size 0 deletes */
    /* The unsigned claims of a JWT held as secret option or token `name`: JSON text, or NULL when it is not a
     * JWT. Lives as long as the operation. */
    const char *(*jwt_claims)(void *ctx, const char *name, size_t *size);

    /* The operation. */
    /* The operation's memory: zeroed at first, kept between steps, grows (and may move) to at most scratch_max;
     * NULL over it. Aligned for any type. */
    void *(*scratch)(void *ctx, size_t size);
    int (*request)(void *ctx, const struct stockd_request *request); /* then return STOCKD_SEND */
    int (*wait)(void *ctx, int64_t ms);                              /* then return STOCKD_WAIT */
    int (*fail)(void *ctx, enum stockd_fail why, const char *code, const char *text); /* then STOCKD_FAIL */
    const char *(*header)(void *ctx, const char *name); /* of the response, any case; NULL: absent */
    int (*quota)(void *ctx, const struct stockd_quota_fact *fact);
    void (*progress)(void *ctx, int64_t done, int64_t total); /* total 0: not known */
    void (*log)(void *ctx, int level, const char *text);      /* 0 error, 1 warning, 2 info, 3 debug */

    /* Rows. */
    int (*warehouse)(void *ctx, const struct stockd_warehouse *row);
    int (*listing)(void *ctx, const struct stockd_listing *row);
    int (*stock)(void *ctx, const struct stockd_stock *row);
    int (*order_line)(void *ctx, const struct stockd_order_line *row);
    /* A row that was refused: shown, and the scope completed next counts as read with holes, so that nothing is
     * concluded from what is absent there. */
    int (*malformed)(void *ctx, const char *what, const char *where);
    int (*complete)(void *ctx, enum stockd_scope scope, const char *id);
    int (*drained_until)(void *ctx, int64_t ms); /* fetch_orders: nothing changed before this is missing */
    int (*epoch)(void *ctx, const char *epoch);  /* the catalogue's version; a new one re-links everything */

    /* About items of this operation, by index. */
    int (*outcome)(void *ctx, uint32_t item, const struct stockd_outcome *outcome);
    int (*listing_data)(void *ctx, uint32_t item, const void *data, size_t size);
    int (*target_data)(void *ctx, uint32_t item, const void *data, size_t size);
    int (*note)(void *ctx, uint32_t item, const void *data, size_t size); /* in the sending step */

    /* About the account. */
    int (*identity)(void *ctx, const char *seller); /* if it changes, the account is parked */
    int (*ability)(void *ctx, enum stockd_operation operation, int granted, const char *text);
    int (*warning)(void *ctx, const char *code, const char *text);
    int (*key_expires)(void *ctx, const char *secret, int64_t ms);
    int (*token)(void *ctx, const struct stockd_token *token);
    /* The refresh token is about to be used: committed before this step's request leaves. */
    int (*token_renewing)(void *ctx, const char *name);
    int (*prompt)(void *ctx, const struct stockd_prompt *prompt);
};

/* One step. Host memory, gone when the step returns but for `start`. */
struct stockd_call {
    uint32_t size;
    uint32_t event;     /* enum stockd_event */
    uint32_t operation; /* enum stockd_operation */
    uint32_t reserved;
    const struct stockd_host *host;
    void *ctx;
    int64_t now_ms;
    uint8_t id[16]; /* random, durable, the same for all steps: idempotency key or command id */
    const struct stockd_start *start;
    const struct stockd_response *response; /* STOCKD_RESPONSE only */
};

/* [worker] One step of an operation. */
typedef enum stockd_verdict (*stockd_step_fn)(const struct stockd_call *call);

/* [pure] Names the routes an item can take, best first, into routes[0..max); returns how many. NULL: every item
 * takes route 0. */
typedef uint32_t (*stockd_routes_fn)(const struct stockd_item *item, uint32_t *routes, uint32_t max);

/* The one exported symbol: `const struct stockd_plugin stockd_plugin`. */
struct stockd_plugin {
    uint32_t magic;     /* STOCKD_PLUGIN_MAGIC */
    uint16_t abi_major; /* STOCKD_ABI_MAJOR */
    uint16_t abi_minor; /* STOCKD_ABI_MINOR */
    uint32_t size;      /* sizeof(struct stockd_plugin) */
    uint32_t flags;     /* capability flags */
    const char *id;     /* lower case, as named in conf.d and by the file: "ozon" for ozon.so */
    const char *version;
    const char *title;  /* "Ozon Seller" */
    uint32_t data_version; /* of listing, target and state data and notes; another one reads as absent */
    uint32_t scratch_max;  /* bytes an operation may ask for; 0 means 1 MiB, at most 64 MiB */

    const struct stockd_option *options;
    uint32_t option_count, option_size; /* option_size = sizeof(struct stockd_option), likewise below */
    const struct stockd_endpoint *endpoints;
    uint32_t endpoint_count, endpoint_size;
    const struct stockd_bucket *buckets;
    uint32_t bucket_count, bucket_size;
    const struct stockd_route *routes;
    uint32_t route_count, route_size;
    const char *const *foreign_suffixes; /* ".amazonaws.com", NULL-terminated; or NULL */

    stockd_routes_fn item_routes;
    stockd_step_fn operations[STOCKD_OPERATION_COUNT]; /* NULL: not offered */

    /* [pure] Named extensions ("stockd.hook/1"): a table of the extension's own header, or NULL. */
    const void *(*extension)(const char *name);
};

/* Fills the fields that are always the same. */
#define STOCKD_PLUGIN_HEAD                                                                         \
    .magic = STOCKD_PLUGIN_MAGIC, .abi_major = STOCKD_ABI_MAJOR, .abi_minor = STOCKD_ABI_MINOR,    \
    .size = sizeof(struct stockd_plugin)
/* STOCKD_TABLE(option, my_options): pointer, count and element size of a constant table. */
#define STOCKD_TABLE(noun, table)                                                                  \
    .noun##s = (table), .noun##_count = (uint32_t)(sizeof(table) / sizeof((table)[0])),            \
    .noun##_size = (uint32_t)sizeof((table)[0])

/* An outcome that observed nothing (0 would say that the marketplace shows none):
 * `struct stockd_outcome o = STOCKD_OUTCOME(STOCKD_OK);`. The same for a stock row and a quota fact. */
#define STOCKD_OUTCOME(of_kind)                                                                    \
    {.size = sizeof(struct stockd_outcome), .kind = (of_kind), .observed = STOCKD_UNKNOWN}
#define STOCKD_STOCK_ROW                                                                           \
    {.size = sizeof(struct stockd_stock), .quantity = STOCKD_UNKNOWN,                              \
     .reserved_quantity = STOCKD_UNKNOWN}
#define STOCKD_QUOTA_FACT(of_bucket)                                                               \
    {.size = sizeof(struct stockd_quota_fact), .bucket = (of_bucket), .remaining = STOCKD_UNKNOWN,  \
     .amount = STOCKD_UNKNOWN, .per_ms = STOCKD_UNKNOWN, .cost = STOCKD_UNKNOWN}

#if defined(__GNUC__)
#define STOCKD_EXPORT __attribute__((visibility("default")))
#else
#define STOCKD_EXPORT
#endif

#ifdef __cplusplus
}
#endif

#endif
