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

#endif
