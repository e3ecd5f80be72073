/* What alert.c and alert_out.c share. */
#ifndef STOCKD_NOTIFY_ALERT_PRIVATE_H
#define STOCKD_NOTIFY_ALERT_PRIVATE_H

#include "notify/alert.h"

enum status alert_get(struct store_txn *txn, uint64_t number, struct alert_view *alert);

void alert_out_opened(struct store_txn *txn, uint64_t number, const struct alert_view *alert,
                      struct alert_told *told);
void alert_out_closed(struct store_txn *txn, uint64_t number, const struct alert_view *alert,
                      struct alert_told *told);
/* Somebody knows of it already. */
void alert_out_forget(struct store_txn *txn, uint64_t number);

/* alert_recent.c: fingerprints of what was over within ALERT_AGAIN_MS, in order. */
struct alert_recent {
    int64_t since_ms;
    char (*keys)[ALERT_KEY_MAX + 1];
    size_t count;
};
void alert_recent_read(struct store_txn *txn, int64_t now_ms, struct alert_recent *recent);
bool alert_is_recent(const struct alert_recent *recent, const char *key);
void alert_recent_free(struct alert_recent *recent);

#endif
