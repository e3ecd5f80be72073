/* Targets: what each place at a marketplace should show, and where it waits to be sent. For the
 * engine's own files only. Upholds I4 to I6, I8 and I9.
 *
 * A target is loaded, changed in memory, brought in line with the facts by target_settle, and
 * saved. The outbox row is put by target_settle, nowhere else. */
#ifndef STOCKD_ENGINE_TARGET_H
#define STOCKD_ENGINE_TARGET_H

#include "engine/state.h"
#include "engine/target_count.h"

struct target {
    struct target_id id;
    struct target_record record;
    char tail[TARGET_TAIL_MAX];
    bool exists;                   /* in the store */
    uint8_t live;                  /* what the guard counts of it, as it is in the store */
    struct target_counted counted; /* as what it is counted, as it is in the store */
};

struct bytes target_note(const struct target *target);
struct bytes target_data(const struct target *target);
struct bytes target_code(const struct target *target);
struct bytes target_text(const struct target *target);
/* Plugin data of version `version`; what is there of another version goes. */
void target_note_set(struct target *target, struct bytes note, uint32_t version);
void target_data_set(struct target *target, struct bytes data, uint32_t version);
void target_note_drop(struct target *target); /* its write is over */
void target_error_set(struct target *target, struct bytes code, struct bytes text);

/* What was acknowledged is known to be there no longer. */
void target_forget_acked(struct target *target);
/* A figure was read there. */
void target_observed(struct applying *a, struct target *target, int64_t figure, int64_t read_ms);
/* What it shows may have changed by itself just now: nothing that was acknowledged, is under way or
 * was being read until now tells what is there. */
void target_doubt(struct applying *a, struct target *target);

/* ST_OK also when it does not exist yet: then it is empty and target->exists is false. */
enum status target_load(struct store_txn *txn, const struct target_id *id, struct target *target,
                        struct error *error);
enum status target_decode(const struct target_id *id, struct bytes value, struct target *target);
void target_save(struct applying *a, struct target *target);
void target_delete(struct applying *a, struct target *target);

/* Computes the wanted figure from the stock of the linked warehouses; a new one gets the command's
 * revision. `listing` NULL: it did not change (allocate.h). */
enum status target_recompute(struct applying *a, struct target *target,
                             const struct listing_view *listing);

/* Which route it takes is to be asked again (route.h). */
void target_unsort(struct applying *a, struct target *target);

/* What it was rejected for may be over: its place or its listing changed, or its figure. */
void target_try_again(struct target *target);

/* Its figure may only rise, or only fall, and the wanted one is the other way. */
bool target_blocked(const struct target_record *record);

/* Whether it has something to send as its record stands, and with which priority. */
/* What is shown there once what is wanted was sent; before that, what is believed to be shown.
 * FIGURE_UNKNOWN: nothing is. */
int64_t target_figure(const struct target_record *record);
bool target_must_send(const struct target_record *record);
uint8_t target_priority(const struct target_record *record);

/* Puts the outbox and unresolved rows where the record says they belong. */
void target_settle(struct applying *a, struct target *target);

/* What it notes is of a life whose time was ahead of this one's: it counts as just before this one
 * began (target_ahead.c). True: something was changed, and is to be saved. */
bool target_bring_back(struct applying *a, struct target *target);

/* Its last write lies in another time than what began at `other_time_ms` (rows.h). 0: none does. */
bool target_sent_before(const struct applying *a, const struct target *target,
                        int64_t other_time_ms);

/* Takes it out of the outbox, if it is in there. */
void target_dequeue(struct applying *a, struct target *target);

/* Its listing, in the transaction's memory; ST_NOT_FOUND without a sentence when it is missing. */
enum status target_listing(struct applying *a, const struct target_id *id,
                           struct listing_view *listing);

/* recompute, settle, save: for one target whose inputs may have changed. Creates it when it is
 * missing. */
enum status target_refresh(struct applying *a, const struct target_id *id);

/* All targets of the product that `warehouse` feeds (0: all of them). */
enum status target_refresh_product(struct applying *a, uint64_t product, uint32_t warehouse);

/* Makes and refreshes the listing's targets, one for each linked remote warehouse of its account.
 */
enum status target_refresh_listing(struct applying *a, uint32_t account, uint64_t listing,
                                   uint64_t product);

struct rows_head;

/* Whether a figure above 0 of the listing's was taken since what the head is of was asked for. */
enum status target_taken_since(struct applying *a, const struct rows_head *head, uint64_t listing,
                               uint64_t product, bool *since);

/* What the listing's targets show may be another figure than was acknowledged: `ended`, then they
 * show 0, else it is not known. Those with an open write are left to it. */
enum status target_doubt_listing(struct applying *a, uint32_t account, uint64_t listing,
                                 uint64_t product, bool ended);

/* ---- in retire.c */

/* For a new target: since when the marketplace's cadence counts at its place; 0: it does not. */
int64_t target_paced_from(struct applying *a, const struct target_id *id);

/* Nothing feeds it any more: removed, or held while a write of it is still open (I4). */
void target_retire(struct applying *a, struct target *target);

/* A write of it is over: settles and saves it, or removes it if it was only waiting for that. */
enum status target_closed(struct applying *a, struct target *target);

/* The listing is tied to product `to` instead of `from`; 0: to none. What its targets know of the
 * marketplace goes with it. */
enum status target_move_listing(struct applying *a, uint32_t account, uint64_t listing,
                                uint64_t from, uint64_t to);

/* The listing was tied before, and what its targets knew went when it was untied: the marketplace's
 * cadence counts from now (I13). To be refreshed afterwards. */
enum status target_pace_listing(struct applying *a, uint32_t account, uint64_t listing,
                                uint64_t product);

#endif
