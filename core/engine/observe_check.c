/* Checking rows of readings, one by one. */
#include "engine/observe_check.h"

#include <stdio.h>

enum { TEXT_MAX = 300 };

void observe_refuse(struct applying *a, const struct rows_head *head, const struct run_bad *bad)
{
    uint64_t n = head->refused + a->result->refused++;
    if (!head->reading) return; /* of no run: what is looked at again and again */
    if (!a->result->run) a->result->run = head->run;
    if (!a->result->run) a->result->run = run_number_next(a->engine, a->txn);
    run_bad_put(a->engine, a->txn, a->result->run, n, bad);
}

static bool refuse(struct applying *a, const struct rows_head *head, const struct seen_stock *seen,
                   const char *code, const char *text)
{
    const struct run_bad bad = {.code = bytes_text(code),
                                .text = bytes_text(text),
                                .listing = seen->listing,
                                .warehouse = seen->remote,
                                .figure = seen->kind == OBSERVED_NUMBER ? seen->quantity
                                                                        : FIGURE_UNKNOWN};
    observe_refuse(a, head, &bad);
    return false;
}

static bool check_figure(struct applying *a, const struct rows_head *head,
                         const struct seen_stock *seen)
{
    char text[TEXT_MAX];
    if (seen->kind != OBSERVED_NUMBER) return true;
    if (seen->quantity < 0)
        return refuse(a, head, seen, "negative", "a figure below 0 cannot be what buyers can buy");
    if (seen->quantity <= OBSERVED_MOST) return true;
    snprintf(text, sizeof text, "the figure is above %lld, which nobody has of one thing",
             (long long)OBSERVED_MOST);
    return refuse(a, head, seen, "above-maximum", text);
}

bool observe_check_stock(struct applying *a, const struct rows_head *head,
                         const struct seen_stock *seen, uint64_t listing)
{
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    const struct directory_account *account = d ? directory_account(d, head->account) : NULL;
    if (!account) return true; /* the caller looks again, and says why */
    if (!listing && account->listings_read && head->reading)
        return refuse(a, head, seen, "unknown-listing",
                      "no reading of the account's listings has shown this one");
    bool known = directory_remote_by_id(d, head->account, seen->remote) != NULL;
    if (!known && !seen->read_only && account->warehouses_read)
        return refuse(a, head, seen, "unknown-warehouse",
                      "the account has no such warehouse; `stockctl warehouse list --remote "
                      "ACCOUNT` shows those it has");
    return check_figure(a, head, seen);
}

bool observe_check_twice(struct applying *a, const struct rows_head *head,
                         const struct seen_stock *seen, struct bytes observed_key)
{
    struct bytes value;
    struct observed_record was;
    char text[TEXT_MAX];
    if (!head->reading || store_get(a->txn, TABLE_OBSERVED, observed_key, &value) != ST_OK ||
        value.size != sizeof was)
        return true;
    memcpy(&was, value.data, sizeof was);
    bool number = seen->kind == OBSERVED_NUMBER;
    if (was.reading != head->reading ||
        (was.kind == seen->kind && (!number || was.quantity == seen->quantity)))
        return true;
    if (was.kind == OBSERVED_NUMBER)
        snprintf(text, sizeof text, "the same reading showed %lld there before",
                 (long long)was.quantity);
    else
        snprintf(text, sizeof text, "the same reading showed no figure there before");
    return refuse(a, head, seen, "twice", text);
}
