/* account add: the daemon looks and checks, the file is written here, by whoever
 * runs stockctl. */
#include "ctl/account_add.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

static long long number(const json_t *object, const char *member)
{
    return (long long)json_integer_value(ctl_member(object, member));
}

/* "/v1/accounts/NAME" and more. */
static char *account_path(const char *name, const char *more)
{
    struct buf path;
    buf_init(&path, 8192);
    buf_text(&path, "/v1/accounts/");
    ctl_encode(&path, name);
    buf_text(&path, more);
    return buf_take(&path);
}

/* ---- looking at it */

static int on_probe(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    struct account_add *add = ctx;
    if (strcmp(event, "progress") == 0) {
        struct buf out;
        buf_init(&out, 1 << 16);
        ctl_sentence(&out, "{stage}: {done}", NULL, line);
        out.data[--out.size] = '\0';
        ctl_progress(ctl, "looking, step %lld of %lld  %s", number(line, "number"),
                     number(line, "stages"), buf_cstr(&out));
        buf_free(&out);
    }
    if (strcmp(event, "result") == 0) add->found = json_deep_copy(line);
    return CTL_OK;
}

static int probe(struct ctl *ctl, const struct ctl_call *call, struct account_add *add)
{
    const char *orders = ctl_value(call, "orders");
    json_t *body =
        json_pack("{s:s, s:s, s:O, s:O, s:O, s:s, s:b, s:b, s:b}", "name", add->name, "plugin",
                  add->plugin, "options", add->options, "secrets", add->secrets, "endpoints",
                  add->endpoints, "orders", orders ? orders : "external", "dry_run",
                  ctl_is_on(call, "dry-run-account"), "allow_plain_http", 0, "all", ctl->json);
    char *request = body ? json_dumps(body, 0) : NULL;
    json_decref(body);
    if (!request) {
        ctl_say(ctl, "the name or the plugin is not UTF-8 text");
        return CTL_USAGE;
    }
    const struct ctl_stream stream = {.method = "POST",
                                      .path = "/v1/accounts/probe",
                                      .body = request,
                                      .upload = -1,
                                      .event = on_probe,
                                      .ctx = add};
    int code = ctl_stream(ctl, &stream);
    explicit_bzero(request, strlen(request));
    free(request);
    if (code != CTL_OK) ctl_say(ctl, "nothing was written");
    return code;
}

/* ---- what was found */

static const struct ctl_view warehouses_view = {
    .rows = "warehouses",
    .sentence = "\nWarehouses:",
    .columns = (const struct ctl_column[]){{"ID", "id", CELL_TEXT},
                                           {"NAME", "name", CELL_TEXT},
                                           {"KIND", "kind", CELL_TEXT},
                                           {"WRITABLE", "writable", CELL_TEXT},
                                           {"WHY NOT", "why", CELL_TEXT},
                                           {0}},
};
static const struct ctl_column listing_columns[] = {
    {"LISTING", "listing", CELL_TEXT}, {"SKU", "sku", CELL_TEXT},
    {"BARCODE", "barcode", CELL_TEXT}, {"TITLE", "title", CELL_TEXT},
    {"CODE", "code", CELL_TEXT},       {0}};

static void add_words(struct buf *out, const json_t *found, const char *member,
                      const char *sentence)
{
    const json_t *word;
    size_t i;
    json_array_foreach (json_object_get(found, member), i, word)
        ctl_sentence(out, sentence, NULL, word);
}

static void add_listings(struct buf *out, const json_t *listings, const char *member,
                         const char *count, const char *title)
{
    const json_t *rows = json_object_get(listings, member);
    long long all = number(listings, count);
    if (json_array_size(rows) == 0) return;
    buf_format(out, "\n%s (%lld", title, all);
    if ((size_t)all > json_array_size(rows))
        buf_format(out, ", the first %zu; --json has all", json_array_size(rows));
    buf_text(out, "):\n");
    ctl_table(out, listing_columns, rows);
}

void account_report(struct ctl *ctl, const struct account_add *add)
{
    const json_t *found = add->found, *listings = json_object_get(found, "listings");
    struct buf out;
    buf_init(&out, 64 << 20);
    if (json_is_true(json_object_get(found, "login"))) {
        fprintf(ctl->out,
                "%s needs a login before it can be asked; it comes after the file is "
                "written.\n",
                text(add->described, "title"));
        buf_free(&out);
        return;
    }
    if (*text(found, "identity")) ctl_sentence(&out, "Seller: {identity}", NULL, found);
    if (*text(found, "key_expires")) {
        buf_text(&out, "The key expires: ");
        ctl_cell_text(&out, found, "key_expires", CELL_TIME);
        buf_char(&out, '\n');
    }
    add_words(&out, found, "warnings", "Warning: {text} ({code})");
    add_words(&out, found, "denied", "The credentials do not allow {operation}: {text}");
    fputs(buf_cstr(&out), ctl->out);
    buf_reset(&out);
    ctl_show(ctl, NULL, &warehouses_view, found);
    if (number(listings, "read")) {
        ctl_sentence(&out,
                     "\nListings: {read} read; {by_sku} match a product by SKU, {by_barcode} by "
                     "barcode, {unmatched} match none,\n{conflicts} are in conflict, {not_ours} "
                     "are not ours to write.",
                     NULL, listings);
        if (json_is_false(json_object_get(listings, "whole")))
            buf_text(&out, "There are more; they are read when the account is loaded.\n");
        add_listings(&out, listings, "unmatched_listings", "unmatched", "Without a product");
        add_listings(&out, listings, "conflict_listings", "conflicts", "In conflict");
    } else if (listings) {
        buf_text(&out, "\nThere are no listings to be read.\n");
    }
    buf_char(&out, '\n');
    fputs(buf_cstr(&out), ctl->out);
    buf_free(&out);
}

/* ---- writing it */

static int agree(struct ctl *ctl, const struct ctl_call *call, const struct account_add *add)
{
    const json_t *file = json_object_get(add->found, "file"), *link;
    size_t i;
    if (!ctl->json) {
        fprintf(ctl->out, "This will be written to %s:\n\n%s\n", text(file, "path"),
                text(file, "text"));
        json_array_foreach (add->links, i, link)
            fprintf(ctl->out, "and %s will feed its warehouse %s.\n", text(link, "warehouse"),
                    text(link, "remote"));
        fflush(ctl->out);
    }
    if (ctl_is_on(call, "yes")) return CTL_OK;
    if (!add->ask) {
        ctl_say(ctl, "nothing was written: give --yes to write it");
        return CTL_USAGE;
    }
    if (account_confirm(ctl, "Write it?")) return CTL_OK;
    ctl_say(ctl, "nothing was written");
    return CTL_REFUSED;
}

static int seal_secrets(struct ctl *ctl, const struct account_add *add)
{
    const char *name;
    json_t *value;
    int code = CTL_OK;
    json_object_foreach (add->secrets, name, value) {
        json_t *body = json_pack("{s:O}", "value", value), *answer = NULL;
        char *request = json_dumps(body, 0), *more = mem_format("/secrets/%s", name);
        char *path = account_path(add->name, more);
        if (code == CTL_OK) code = ctl_ask(ctl, "PUT", path, request, false, &answer);
        explicit_bzero(request, strlen(request));
        free(request);
        mem_free(path);
        mem_free(more);
        json_decref(answer);
        json_decref(body);
    }
    return code;
}

/* Where stockctl may not write, the person may: with the very text. */
static int write_file(struct ctl *ctl, const struct account_add *add)
{
    const json_t *file = json_object_get(add->found, "file");
    int error = account_file_put(text(file, "path"), text(file, "text"), (uid_t)number(file, "uid"),
                                 (gid_t)number(file, "gid"));
    if (error == 0) return CTL_OK;
    if (error == EEXIST) {
        ctl_say(ctl, "%s is there already; nothing was written", text(file, "path"));
        return CTL_REFUSED;
    }
    ctl_say(ctl, "%s cannot be written: %s", text(file, "path"), strerror(error));
    ctl_say(ctl, "its secrets are sealed. Put this text there as somebody who may, then run "
                 "'stockctl reload':");
    fprintf(ctl->json ? ctl->err : ctl->out, "\n%s\n", text(file, "text"));
    return CTL_WAITING;
}

static int take_effect(struct ctl *ctl, const struct account_add *add)
{
    const json_t *file = json_object_get(add->found, "file");
    json_t *answer = NULL;
    int code = ctl_ask(ctl, "POST", "/v1/reload", NULL, true, &answer);
    json_decref(answer);
    if (code == CTL_REFUSED) {
        unlink(text(file, "path"));
        ctl_say(ctl, "the file was taken away again; nothing has changed");
    }
    return code;
}

/* The credentials do not serve, or the person did not agree. */
static int take_back(struct ctl *ctl, const struct account_add *add)
{
    json_t *answer = NULL;
    const char *path = text(json_object_get(add->found, "file"), "path");
    if (unlink(path) == 0 && ctl_ask(ctl, "POST", "/v1/reload", NULL, true, &answer) == CTL_OK)
        ctl_say(ctl,
                "its file was taken away again: add it anew with what the marketplace accepts");
    json_decref(answer);
    return CTL_REFUSED;
}

static int make_links(struct ctl *ctl, const struct account_add *add)
{
    const json_t *link;
    size_t i;
    int code = CTL_OK;
    json_array_foreach (add->links, i, link) {
        struct buf path;
        json_t *answer = NULL;
        buf_init(&path, 8192);
        buf_text(&path, "/v1/links/");
        ctl_encode(&path, text(link, "warehouse"));
        buf_char(&path, '/');
        ctl_encode(&path, add->name);
        buf_char(&path, '/');
        ctl_encode(&path, text(link, "remote"));
        int one = ctl_ask(ctl, "PUT", buf_cstr(&path), "{}", false, &answer);
        if (one != CTL_OK) code = one;
        json_decref(answer);
        buf_free(&path);
    }
    return code;
}

static void say_next(struct ctl *ctl, const struct account_add *add)
{
    if (ctl->json) {
        ctl_show_json(ctl, json_object_get(add->found, "file"));
        return;
    }
    if (add->known)
        fprintf(ctl->out, "Account %s is there again, with what was known of it.\n", add->name);
    else
        fprintf(ctl->out,
                "Account %s is there. It is being read for the first time, and sends nothing until "
                "you agree:\n"
                "  stockctl run follow --account %s   watches the reading\n"
                "  stockctl plan --account %s         then shows what would be sent, and how to "
                "agree\n",
                add->name, add->name, add->name);
    if (json_array_size(add->links) == 0)
        fprintf(ctl->out,
                "  stockctl warehouse link OURS %s REMOTE   lets one of our warehouses feed it\n",
                add->name);
}

static int put_in_force(struct ctl *ctl, struct account_add *add)
{
    int code = seal_secrets(ctl, add);
    if (code == CTL_OK) code = write_file(ctl, add);
    if (code == CTL_OK) code = take_effect(ctl, add);
    if (code != CTL_OK) return code;
    code = make_links(ctl, add);
    if (json_is_true(json_object_get(add->found, "login"))) {
        int login = ctl_login(ctl, add->name);
        if (login != CTL_OK) {
            return login == CTL_REFUSED ? take_back(ctl, add) : login;
        }
    }
    say_next(ctl, add);
    return code;
}

static int refuse_same(struct ctl *ctl, const struct account_add *add)
{
    const char *same = text(add->found, "same_as");
    if (!*same) return CTL_OK;
    ctl_say(ctl,
            "these credentials are of %s, which is the account %s already; nothing was written. "
            "Two accounts of one seller would overwrite each other",
            text(add->found, "identity"), same);
    return CTL_REFUSED;
}

/* An account that was here before comes back only as what it was: its listings and figures are that
 * seller's. */
static int refuse_other(struct ctl *ctl, struct account_add *add)
{
    json_t *answer = NULL, *old = NULL, *item;
    size_t i;
    int code = ctl_ask_pages(ctl, "/v1/accounts", &answer);
    json_array_foreach (json_object_get(answer, "items"), i, item)
        if (strcmp(text(item, "name"), add->name) == 0) old = item;
    add->known = old != NULL;
    const char *was = text(old, "identity"), *is = text(add->found, "identity");
    if (old &&
        (strcmp(text(old, "plugin"), add->plugin) != 0 || (*was && *is && strcmp(was, is) != 0))) {
        ctl_say(
            ctl,
            "there was an account %s before, of the seller %s at %s, and its listings are still "
            "known; nothing was written. Choose another name",
            add->name, *was ? was : "-", text(old, "plugin"));
        code = CTL_REFUSED;
    }
    json_decref(answer);
    return code;
}

int ctl_run_account_add(struct ctl *ctl, const struct ctl_call *call)
{
    struct account_add add = {.words = json_array(),
                              .options = json_object(),
                              .secrets = json_object(),
                              .endpoints = json_object(),
                              .links = json_array()};
    add.ask = !ctl->json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    int code = account_collect(ctl, call, &add);
    if (code == CTL_OK) code = probe(ctl, call, &add);
    if (code == CTL_OK && !ctl->json) account_report(ctl, &add);
    if (code == CTL_OK) code = refuse_same(ctl, &add);
    if (code == CTL_OK) code = refuse_other(ctl, &add);
    if (code == CTL_OK) code = account_links(ctl, &add);
    if (code == CTL_OK) code = agree(ctl, call, &add);
    if (code == CTL_OK) code = put_in_force(ctl, &add);
    json_decref(add.words);
    json_decref(add.options);
    json_decref(add.secrets);
    json_decref(add.endpoints);
    json_decref(add.links);
    json_decref(add.described);
    json_decref(add.found);
    return code;
}
