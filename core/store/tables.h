/* The tables of the store and the order of their keys. All integers in keys are big-endian. The
 * keys decide the speed: stock and targets lead with the product, so that one stock change touches
 * neighbours; the outbox leads with the account, so that a selection reads forward. Records are
 * written by the engine (engine/record.h).
 *
 * Changing a table or a record raises STORE_SCHEMA and adds a migration (engine/schema.c). */
#ifndef STOCKD_STORE_TABLES_H
#define STOCKD_STORE_TABLES_H

enum { STORE_SCHEMA = 3 };

enum store_table {
    TABLE_META,             /* name -> value: schema, sequence numbers, store id */
    TABLE_PRODUCT,          /* product u64 -> product */
    TABLE_PRODUCT_SKU,      /* sku bytes -> product u64 */
    TABLE_PRODUCT_BARCODE,  /* barcode bytes, 0, product u64 -> "" */
    TABLE_PRODUCT_FOLD,     /* sku without case and spaces, 0, product u64 -> "" */
    TABLE_WAREHOUSE,        /* warehouse u32 -> warehouse */
    TABLE_STOCK,            /* product u64, warehouse u32 -> stock */
    TABLE_LEDGER,           /* product u64, warehouse u32, seq u64, n u32 -> ledger entry */
    TABLE_COMMAND,          /* seq u64 -> command */
    TABLE_COMMAND_ID,       /* command id 16 bytes -> seq u64 */
    TABLE_COMMAND_GROUP,    /* group u64, seq u64 -> "" */
    TABLE_CHANGE,           /* seq u64, n u32 -> what a command changed besides stock */
    TABLE_CHANGE_PRODUCT,   /* product u64, seq u64, n u32 -> "" */
    TABLE_UNDONE,           /* seq u64 -> seq u64 of the command that undid it */
    TABLE_SEND,             /* seq u64 -> what was sent and what became of it (engine/send.h) */
    TABLE_ACCOUNT,          /* account u32 -> account */
    TABLE_ACCOUNT_STATE,    /* account u32, name -> data version u32, the plugin's durable state */
    TABLE_REMOTE_WAREHOUSE, /* account u32, remote warehouse u32 -> remote warehouse */
    TABLE_LINK,       /* account u32, remote warehouse u32, order u32, warehouse u32 -> link rule */
    TABLE_LISTING,    /* account u32, listing u64 -> listing */
    TABLE_LISTING_ID, /* account u32, listing id bytes -> listing u64 */
    TABLE_LISTING_KEY,     /* kind u8, value bytes, 0, account u32, listing u64 -> "" */
    TABLE_LISTING_PRODUCT, /* product u64, account u32, listing u64 -> "" */
    TABLE_TARGET,     /* product u64, account u32, remote warehouse u32, listing u64, aspect u8 ->
                         target */
    TABLE_OUTBOX,     /* account u32, group u64, priority u8, due u64, target key -> "" */
    TABLE_FLIGHT,     /* account u32, operation id 16 bytes -> targets whose write is on its way */
    TABLE_UNRESOLVED, /* account u32, look-again u64, target key -> "" */
    TABLE_OBSERVED,   /* account u32, listing u64, remote warehouse u32, type -> observed figure */
    TABLE_CONFLICT,   /* account u32, code, key -> conflict */
    TABLE_SWEEP,      /* sweep u64 -> what remains to be marked dirty */
    TABLE_JOB,        /* job u64 -> bulk job: source, rows done, counts */
    TABLE_JOB_BAD,    /* job u64, row u64 -> why the row was refused */
    TABLE_RUN,        /* run u64 -> run */
    TABLE_QUOTA,      /* bucket key bytes -> quota state */
    TABLE_TOKEN,      /* account name, 0, token name -> written at u64 ms, sealed token */
    TABLE_ORDER_LINE, /* account u32, line key bytes -> order line (engine/record_order.h) */
    TABLE_ORDER,      /* account u32, order id bytes, 0, line key bytes -> "" */
    TABLE_ORDER_OPEN, /* account u32, line key bytes -> "": neither shipped nor over */
    TABLE_ORDER_HELD, /* account u32, line key bytes -> "": quarantined */
    TABLE_ORDER_PRODUCT, /* product u64, account u32, line key bytes -> "" */
    TABLE_ORDER_EFFECT,  /* product u64, warehouse u32, seq u64, n u32 -> what a line's change did
                            (engine/order_effect.h) */
    TABLE_RESERVATION,   /* reservation u64 -> reservation by hand */
    TABLE_WAKE,          /* due u64, kind u8, number u64 -> "": something changes with time (I6) */
    TABLE_GUARD, /* account u32 -> live targets; account u32, source u32 -> what it changed lately
                  */
    TABLE_PLAN,  /* plan u64 -> what is held, and why */
    TABLE_PLAN_ROW, /* plan u64, n u32 -> one figure that would be changed */
    TABLE_RULE,     /* product u64, account u32 (0: everywhere) -> rule (engine/record_rule.h) */
    TABLE_DRIFT,    /* account u32, ~opened u64, target key -> drift (engine/record_drift.h): the
                       newest first */
    TABLE_DRIFT_TARGET, /* target key, ~opened u64 -> "": those of a product, of a target */
    TABLE_DRIFT_OPEN,   /* account u32, target key -> opened u64: not true again yet */
    TABLE_REREAD,       /* account u32, due u64, target key -> "": its figure is to be read again */
    TABLE_RUN_BAD, /* run u64, n u32 -> a row of a reading that was refused (engine/run_bad.h) */
    TABLE_INBOX,   /* claim text -> file of an inbox on its way; 0, inbox -> its last file
                      (intake/inbox_record.h) */
    TABLE_TARGET_COUNT, /* account u32 -> how many targets are what; account u32, second u64 -> how
                           many wait since then (engine/target_count.h) */
    TABLE_API_TOKEN,    /* name -> token of the API, as a hash (engine/api_token.h) */
    TABLE_API_ANSWER,   /* what came of requests with a key of the client's own (engine/keyed.h) */
    TABLE_ALERT,      /* 0, alert u64 -> alert (notify/alert.h); 1, fingerprint -> alert u64: open;
                         2, account u32 -> what is usual there (notify/look_days.c) */
    TABLE_ALERT_OUT,  /* channel name, 0, number u64 -> what it is still to be told */
    TABLE_REPORT_DAY, /* account u32, day u32 (since 1970, UTC) -> what happened (engine/day.h) */
    TABLE_HOOK,       /* hooks of shops, and the deliveries they are not to be told twice
                         (engine/hook.h) */
    TABLE_COUNT,
};

/* "product", "outbox" ...: the name in the file and in messages. Static. */
const char *store_table_name(enum store_table table);

#endif
