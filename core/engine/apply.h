/* Applying each kind of command. For the engine's own files only: engine.c calls these, one file
 * owns each. Each refuses before its first write. */
#ifndef STOCKD_ENGINE_APPLY_H
#define STOCKD_ENGINE_APPLY_H

#include "base/wire.h"
#include "engine/state.h"

enum status apply_stock_set(struct applying *a, struct wire_reader *r);      /* stock.c */
enum status apply_stock_adjust(struct applying *a, struct wire_reader *r);   /* stock.c */
enum status apply_stock_transfer(struct applying *a, struct wire_reader *r); /* stock.c */
enum status apply_stock_bulk(struct applying *a, struct wire_reader *r);     /* stock.c */
enum status apply_stock_repair(struct applying *a, struct wire_reader *r);   /* stock_repair.c */
enum status apply_product_put(struct applying *a, struct wire_reader *r);    /* product.c */
enum status apply_product_delete(struct applying *a, struct wire_reader *r); /* product.c */
enum status apply_product_rename(struct applying *a, struct wire_reader *r); /* product_rename.c */
enum status apply_product_merge(struct applying *a, struct wire_reader *r);  /* product_merge.c */
enum status apply_undo(struct applying *a, struct wire_reader *r);           /* undo.c */
enum status apply_compact(struct applying *a, struct wire_reader *r);        /* compact.c */
enum status apply_product_bulk(struct applying *a, struct wire_reader *r);   /* product.c */
enum status apply_warehouse_put(struct applying *a, struct wire_reader *r);  /* place.c */
enum status apply_link_put(struct applying *a, struct wire_reader *r);       /* link.c */
enum status apply_link_delete(struct applying *a, struct wire_reader *r);    /* link.c */
enum status apply_account_put(struct applying *a, struct wire_reader *r);    /* account.c */
enum status apply_account_switch(struct applying *a, struct wire_reader *r); /* account.c */
enum status apply_listing_map(struct applying *a, struct wire_reader *r);    /* listing.c */
enum status apply_rows(struct applying *a, struct wire_reader *r);           /* observe.c */
enum status apply_requeue(struct applying *a, struct wire_reader *r);        /* requeue.c */
enum status apply_resync(struct applying *a, struct wire_reader *r);         /* requeue.c */
enum status apply_retry(struct applying *a, struct wire_reader *r);          /* requeue.c */
enum status apply_rebuild(struct applying *a, struct wire_reader *r);        /* rebuild.c */
enum status apply_sweep(struct applying *a, struct wire_reader *r);          /* sweep.c */
enum status apply_recover(struct applying *a, struct wire_reader *r);        /* flight.c */
enum status apply_reopen(struct applying *a, struct wire_reader *r);         /* place.c */
enum status apply_distrust(struct applying *a, struct wire_reader *r);       /* sweep.c */
enum status apply_reserve(struct applying *a, struct wire_reader *r);        /* reserve.c */
enum status apply_release(struct applying *a, struct wire_reader *r);        /* reserve.c */
enum status apply_wake(struct applying *a, struct wire_reader *r);           /* wake.c */
enum status apply_order_return(struct applying *a, struct wire_reader *r);   /* order.c */
enum status apply_rule_set(struct applying *a, struct wire_reader *r);       /* rule_set.c */
enum status apply_drift_resolve(struct applying *a, struct wire_reader *r);  /* drift_resolve.c */
enum status apply_reread(struct applying *a, struct wire_reader *r);         /* drift_resolve.c */
enum status apply_plan_apply(struct applying *a, struct wire_reader *r);     /* plan.c */
enum status apply_plan_drop(struct applying *a, struct wire_reader *r);      /* plan.c */
enum status apply_token_add(struct applying *a, struct wire_reader *r);      /* api_token.c */
enum status apply_token_revoke(struct applying *a, struct wire_reader *r);   /* api_token.c */
enum status apply_hook_stock(struct applying *a, struct wire_reader *r);     /* hook_stock.c */
enum status apply_hook_orders(struct applying *a, struct wire_reader *r);    /* hook_order.c */

struct plan_view;
enum status plan_apply_outbox(struct applying *a, const struct plan_view *plan); /* plan_outbox.c */
/* What was said of a product that goes. */
enum status rule_drop_product(struct applying *a, uint64_t product); /* rule_set.c */
/* One word of a rule as it was (rule_word.h). */
enum status rule_restore(struct applying *a, uint64_t product, uint32_t account, struct bytes word,
                         struct bytes value); /* rule_set.c */

/* Finds what a command names, or refuses with a sentence. */
enum status apply_find_product(struct applying *a, struct bytes sku, uint64_t *product);
enum status apply_find_warehouse(struct applying *a, struct bytes key,
                                 const struct directory_warehouse **warehouse);
enum status apply_find_account(struct applying *a, struct bytes name,
                               const struct directory_account **account);
/* ... or a hook: who tells orders. */
enum status apply_find_source(struct applying *a, struct bytes name,
                              const struct directory_account **source);

#endif
