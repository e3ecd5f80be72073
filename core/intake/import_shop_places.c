/* Where an import from an account takes figures from, and where to. */
#include "intake/import_shop_take.h"

#include <stdio.h>
#include <string.h>

static const struct directory_remote *only_remote(const struct directory *d, uint32_t account,
                                                  char names[200], uint32_t *count)
{
    const struct directory_remote *only = NULL;
    *count = 0;
    names[0] = 0;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        const struct directory_remote *r = &d->remotes[i];
        if (r->account != account || r->gone || r->marketplace) continue;
        size_t at = strlen(names);
        snprintf(names + at, 200 - at, "%s%s", *count ? ", " : "", r->id);
        only = r;
        (*count)++;
    }
    return only;
}

static enum status find_remote(const struct directory *d, const char *account, uint32_t no,
                               const char *id, const struct directory_remote **remote,
                               struct error *error)
{
    char names[200];
    uint32_t count;
    *remote = id ? directory_remote_by_id(d, no, bytes_text(id)) : NULL;
    const struct directory_remote *only = only_remote(d, no, names, &count);
    if (id && !*remote)
        return error_set(error, ST_NOT_FOUND,
                         "account '%s' has no warehouse '%.80s'%s%s; `stockctl warehouse list "
                         "--remote %s` shows those there are",
                         account, id, names[0] ? "; it has " : "", names, account);
    if (!id && count != 1)
        return error_set(error, ST_INVALID,
                         count ? "account '%s' has several warehouses (%s); name one as %s:ID"
                               : "account '%s' has no warehouse to import from%s (%s:ID)",
                         account, names, account);
    if (!id) *remote = only;
    if ((*remote)->marketplace)
        return error_set(error, ST_INVALID,
                         "'%s' of account '%s' is the marketplace's own stock; only pieces that "
                         "lie in a place of yours can be imported",
                         (*remote)->id, account);
    return ST_OK;
}

/* What is shown there says what lies here only when it is fed from here as it is. */
static enum status find_feeding(const struct directory *d, const struct directory_remote *remote,
                                const char *account, const char *mirror, struct shop_places *places,
                                struct error *error)
{
    const struct directory_link *links = d->links + remote->link_first;
    places->fed = directory_feeds(d, places->warehouse, places->account, places->remote);
    if (!places->fed) return ST_OK;
    if (mirror)
        return error_set(
            error, ST_CONFLICT,
            "mirror '%s' would copy the figures of warehouse '%s' back to itself: '%s' "
            "of account '%s' is fed from it; unlink it, or mirror another warehouse",
            mirror, directory_warehouse(d, places->warehouse)->key, remote->id, account);
    if (remote->link_count == 1 && !links[0].rule.by_share) return ST_OK;
    return error_set(error, ST_CONFLICT,
                     "'%s' of account '%s' %s '%s', so its figures do not say what lies there; "
                     "unlink it first",
                     remote->id, account,
                     remote->link_count > 1 ? "is fed by more warehouses than"
                                            : "shows a share of what lies in",
                     directory_warehouse(d, places->warehouse)->key);
}

enum status shop_places_find(const struct directory *d, const struct import_options *options,
                             struct shop_places *places, struct error *error)
{
    const char *name = options->shop.account;
    const struct directory_account *account = directory_account_by_name(d, bytes_text(name));
    const struct directory_warehouse *warehouse =
        directory_warehouse_by_key(d, bytes_text(options->warehouse ? options->warehouse : ""));
    const struct directory_remote *remote;
    *places = (struct shop_places){0};
    if (!account)
        return error_set(error, ST_NOT_FOUND,
                         "there is no account '%.80s'; `stockctl account list` shows those there "
                         "are",
                         name);
    if (!warehouse)
        return error_set(error, ST_NOT_FOUND,
                         "there is no warehouse '%.80s'; `stockctl warehouse list` shows those "
                         "there are",
                         options->warehouse ? options->warehouse : "");
    enum status status = find_remote(d, name, account->no, options->shop.remote, &remote, error);
    if (status != ST_OK) return status;
    places->account = account->no;
    places->remote = remote->no;
    places->warehouse = warehouse->no;
    snprintf(places->remote_id, sizeof places->remote_id, "%s", remote->id);
    return find_feeding(d, remote, name, options->shop.mirror, places, error);
}
