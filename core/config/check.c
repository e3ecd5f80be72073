/* What must hold between the parts: links name what exists, feed a place once and in a clear
 * order, and no warehouse counts its orders in two ways. Also finding parts by name. */
#include "config/build.h"
#include "config/report.h"

#include "base/mem.h"
#include "base/share.h"

#include <stdlib.h>
#include <string.h>

enum { HINT_MAX = 4 << 10 };

static int account_order(const void *name, const void *account)
{
    return strcmp(name, ((const struct config_account *)account)->name);
}

static int warehouse_order(const void *name, const void *warehouse)
{
    return strcmp(name, ((const struct config_warehouse *)warehouse)->name);
}

const struct config_account *config_account(const struct config *config, const char *name)
{
    if (!config->account_count) return NULL;
    return bsearch(name, config->accounts, config->account_count, sizeof *config->accounts,
                   account_order);
}

const struct config_warehouse *config_warehouse(const struct config *config, const char *name)
{
    if (!config->warehouse_count) return NULL;
    return bsearch(name, config->warehouses, config->warehouse_count, sizeof *config->warehouses,
                   warehouse_order);
}

static void unknown(struct config_report *report, const struct config_value *value,
                    const char *thing, const char *const *names, size_t count)
{
    struct buf hint;
    buf_init(&hint, HINT_MAX);
    config_hint(value->text, names, count, &hint);
    config_report_add(report, CONFIG_ERROR, value->origin.file, value->origin.line,
                      "this link names the unknown %s '%s'%s", thing, value->text, buf_cstr(&hint));
    buf_free(&hint);
}

static void check_names(const struct config *config, const struct config_link *link,
                        struct config_report *report)
{
    const char **names = mem_array(config->account_count + config->warehouse_count, sizeof *names);
    if (!config_account(config, link->account)) {
        for (size_t i = 0; i < config->account_count; i++)
            names[i] = config->accounts[i].name;
        unknown(report, config_value(&link->section, "account"), "account", names,
                config->account_count);
    }
    if (!config_warehouse(config, link->warehouse)) {
        for (size_t i = 0; i < config->warehouse_count; i++)
            names[i] = config->warehouses[i].name;
        unknown(report, config_value(&link->section, "warehouse"), "warehouse", names,
                config->warehouse_count);
    }
    mem_free(names);
}

static bool same_place(const struct config_link *a, const struct config_link *b)
{
    return !strcmp(a->account, b->account) && !strcmp(a->remote, b->remote);
}

static bool stands_before(const struct config_origin *a, const struct config_origin *b)
{
    int order = strcmp(a->file, b->file);
    return order ? order < 0 : a->line < b->line;
}

/* Two links of one place: told at the later, naming the earlier. */
static void check_pair(const struct config_link *a, const struct config_link *b,
                       struct config_report *report)
{
    bool swap = stands_before(&b->origin, &a->origin);
    const struct config_link *first = swap ? b : a, *second = swap ? a : b;
    if (!strcmp(a->warehouse, b->warehouse))
        config_report_add(report, CONFIG_ERROR, second->origin.file, second->origin.line,
                          "the link from '%s' to '%s' of account '%s' is given twice; the first is"
                          " at %s:%d",
                          a->warehouse, a->remote, a->account, first->origin.file,
                          first->origin.line);
    else if (a->order == b->order)
        config_report_add(report, CONFIG_ERROR, second->origin.file, second->origin.line,
                          "'%s' of account '%s' is fed by '%s' and '%s' with the same order %lld,"
                          " the other at %s:%d; give each its own 'order'",
                          a->remote, a->account, first->warehouse, second->warehouse,
                          (long long)a->order, first->origin.file, first->origin.line);
}

/* Links are sorted, so those of one place are neighbours. */
static void check_places(const struct config *config, struct config_report *report)
{
    for (size_t i = 0; i < config->link_count; i++)
        for (size_t k = i + 1;
             k < config->link_count && same_place(&config->links[i], &config->links[k]); k++)
            check_pair(&config->links[i], &config->links[k], report);
}

/* Orders of one account would be netted by stockd, those of the other by the figures it is given:
 * the same piece would be taken off twice or never. */
static void check_orders(const struct config *config, const struct config_warehouse *warehouse,
                         struct config_report *report)
{
    const struct config_account *first = NULL;
    for (size_t i = 0; i < config->link_count; i++) {
        const struct config_link *link = &config->links[i];
        if (strcmp(link->warehouse, warehouse->name) != 0) continue;
        const struct config_account *account = config_account(config, link->account);
        if (!account) continue;
        if (!first) first = account;
        if (account->orders == first->orders) continue;
        bool imports = account->orders == CONFIG_ORDERS_IMPORT;
        config_report_add(report, CONFIG_ERROR, link->origin.file, link->origin.line,
                          "warehouse '%s' is linked to account '%s' (orders: %s) and to account"
                          " '%s' (orders: %s); its orders must be counted in one way",
                          warehouse->name, first->name, imports ? "external" : "import",
                          account->name, imports ? "import" : "external");
        return;
    }
}

/* Together they are at most the whole. */
static void check_shares(const struct config *config, const struct config_warehouse *warehouse,
                         struct config_report *report)
{
    uint64_t sum = 0;
    const struct config_link *last = NULL;
    for (size_t i = 0; i < config->link_count; i++) {
        const struct config_link *link = &config->links[i];
        if (!link->share_ppm || strcmp(link->warehouse, warehouse->name) != 0) continue;
        sum += link->share_ppm;
        if (!last || stands_before(&last->origin, &link->origin)) last = link;
    }
    if (sum <= SHARE_WHOLE) return;
    config_report_add(report, CONFIG_ERROR, last->origin.file, last->origin.line,
                      "the shares of warehouse '%s' come to %llu.%02llu%%, which is more than there"
                      " is: lower one, or leave 'share' out where the whole is to be shown",
                      warehouse->name, (unsigned long long)(sum / 10000),
                      (unsigned long long)(sum / 100 % 100));
}

/* Two inboxes in one folder would take each other's files. */
static void check_inboxes(const struct config *config, struct config_report *report)
{
    for (size_t i = 0; i < config->inbox_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct config_inbox *a = &config->inboxes[k], *b = &config->inboxes[i];
            if (!a->folder || !b->folder || strcmp(a->folder, b->folder) != 0) continue;
            config_report_add(report, CONFIG_ERROR, b->origin.file, b->origin.line,
                              "inbox '%s' has the same folder as inbox '%s' at %s:%d", b->name,
                              a->name, a->origin.file, a->origin.line);
        }
}

void config_check(const struct config *config, struct config_report *report)
{
    for (size_t i = 0; i < config->link_count; i++)
        check_names(config, &config->links[i], report);
    check_places(config, report);
    check_inboxes(config, report);
    for (size_t i = 0; i < config->warehouse_count; i++)
        check_orders(config, &config->warehouses[i], report);
    for (size_t i = 0; i < config->warehouse_count; i++)
        check_shares(config, &config->warehouses[i], report);
    config_mirrors_check(config, report);
}
