/* verify: one account, all of them, or one product. run show: a run, or what it refused. */
#include "ctl/ctl.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <stdlib.h>

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(json_object_get(object, member));
    return value ? value : "";
}

static int verify_account(struct ctl *ctl, const struct ctl_call *call, const char *account)
{
    struct buf path;
    json_t *run = NULL;
    int code;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/accounts/");
    ctl_encode(&path, account);
    buf_text(&path, "/verify");
    if (ctl_is_on(call, "follow")) {
        buf_text(&path, "?follow=true");
        code = ctl_follow(ctl, "POST", buf_cstr(&path), NULL, false);
    } else {
        code = ctl_ask(ctl, "POST", buf_cstr(&path), NULL, false, &run);
        if (code == CTL_OK && ctl->json)
            ctl_show_json(ctl, run);
        else if (code == CTL_OK)
            fprintf(ctl->out,
                    ctl_text("The figures of %s are read: 'stockctl run follow %s' waits for the "
                             "end, 'stockctl drift --account %s' shows what differs.\n"),
                    account, text(run, "id"), account);
    }
    json_decref(run);
    buf_free(&path);
    return code;
}

/* One after the other; the first that goes wrong gives the exit code. */
static int verify_all(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *accounts = NULL, *account;
    size_t i;
    int code = ctl_ask_pages(ctl, "/v1/accounts", &accounts), worst = CTL_OK;
    if (code != CTL_OK) return code;
    json_array_foreach (json_object_get(accounts, "items"), i, account) {
        code = verify_account(ctl, call, text(account, "name"));
        if (worst == CTL_OK) worst = code;
    }
    json_decref(accounts);
    return worst;
}

static int verify_product(struct ctl *ctl, const char *sku, const char *account)
{
    json_t *answer = NULL, *body = json_pack("{s:s}", "sku", sku);
    if (account) json_object_set_new(body, "account", json_string(account));
    char *sent = json_dumps(body, JSON_COMPACT);
    int code = ctl_ask(ctl, "POST", "/v1/verify", sent, false, &answer);
    if (code == CTL_OK && ctl->json)
        ctl_show_json(ctl, answer);
    else if (code == CTL_OK)
        fprintf(ctl->out,
                "%lld figures of %s are read again: 'stockctl drift --sku %s' shows what "
                "differs.\n",
                (long long)json_integer_value(json_object_get(answer, "targets")), sku, sku);
    json_decref(answer);
    json_decref(body);
    free(sent);
    return code;
}

int ctl_run_verify_stock(struct ctl *ctl, const struct ctl_call *call)
{
    const char *account = ctl_value(call, "ACCOUNT"), *sku = ctl_value(call, "sku");
    if (sku && ctl_is_on(call, "follow")) {
        ctl_say(ctl, "--follow watches the reading of a whole account; with --sku leave it out");
        return CTL_USAGE;
    }
    if (sku) return verify_product(ctl, sku, account);
    return account ? verify_account(ctl, call, account) : verify_all(ctl, call);
}

/* ---- run show */

static const struct ctl_view refused_view = {
    .rows = "items",
    .columns = (const struct ctl_column[]){{"ROW", "row", CELL_NUMBER},
                                           {"LISTING", "listing", CELL_TEXT},
                                           {"WAREHOUSE", "warehouse", CELL_TEXT},
                                           {"FIGURE", "figure", CELL_NUMBER},
                                           {"CODE", "code", CELL_TEXT},
                                           {"WHY", "detail", CELL_TEXT},
                                           {"WHERE", "place", CELL_TEXT},
                                           {0}},
    .empty = "No row of this run was refused.",
};

int ctl_run_show_run(struct ctl *ctl, const struct ctl_call *call)
{
    if (!ctl_is_on(call, "bad")) return ctl_run_generic(ctl, call);
    char *path = ctl_call_path(call);
    char *refused = mem_format("%s/refused?limit=1000", path);
    json_t *answer = NULL;
    int code = ctl_ask_pages(ctl, refused, &answer);
    if (code == CTL_OK) ctl_show(ctl, call, &refused_view, answer);
    json_decref(answer);
    mem_free(refused);
    mem_free(path);
    return code;
}
