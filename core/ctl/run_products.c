/* product delete, product merge, conflict resolve, listing import, undo: verbs of more than one
 * request. */
#include "ctl/run_rules.h"
#include "ctl/words.h"

#include "base/csv.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS (const struct ctl_column[])

static char *path_of(const char *before, const char *name, const char *after)
{
    struct buf path;
    buf_init(&path, 8 << 10);
    buf_text(&path, before);
    ctl_encode(&path, name);
    buf_text(&path, after);
    return buf_take(&path);
}

/* Sends it; the exit code. The answer is dropped. */
static int send(struct ctl *ctl, const char *method, const char *path, json_t *body)
{
    json_t *answer = NULL;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    int code = ctl_ask(ctl, method, path, text, false, &answer);
    if (code == CTL_OK) code = ctl_held(ctl, answer);
    free(text);
    json_decref(body);
    json_decref(answer);
    return code;
}

/* ---- product delete */

static const struct ctl_view attached_view = {
    .sentence = "Deleting {sku} would take this with it; nothing was deleted.",
    .columns = COLUMNS{{"Figures in warehouses", "figures", CELL_TEXT},
                       {"On hand", "on_hand", CELL_TEXT},
                       {"Promised", "reserved", CELL_TEXT},
                       {"Listings, left unmatched", "listings", CELL_TEXT},
                       {"Targets", "targets", CELL_TEXT},
                       {"Order lines, kept", "order_lines", CELL_TEXT},
                       {0}},
};

int ctl_run_product_delete(struct ctl *ctl, const struct ctl_call *call)
{
    bool dry = ctl_is_on(call, "dry-run");
    char *path = path_of("/v1/products/", ctl_value(call, "SKU"), dry ? "/attached" : "");
    json_t *answer = NULL;
    int code = ctl_ask(ctl, dry ? "GET" : "DELETE", path, NULL, false, &answer);
    if (code == CTL_OK && dry)
        ctl_show(ctl, call, &attached_view, answer);
    else if (code == CTL_OK && (code = ctl_held(ctl, answer)) == CTL_OK)
        ctl_show(ctl, call, call->verb->view, answer);
    if (code == CTL_OK && dry && json_is_false(json_object_get(answer, "deletable"))) {
        ctl_say(ctl, "it would be refused: pieces of it are promised");
        code = CTL_REFUSED;
    }
    json_decref(answer);
    mem_free(path);
    return code;
}

/* ---- product merge */

static int merge(struct ctl *ctl, const char *sku, const char *other, const char *stock)
{
    char *path = path_of("/v1/products/", sku, "/merge");
    int code = send(ctl, "POST", path, json_pack("{s:s, s:s}", "other", other, "stock", stock));
    mem_free(path);
    return code;
}

static const struct ctl_view plan_view = {
    .rows = "items",
    .columns = COLUMNS{{"KEEPS", "keeps", CELL_TEXT},
                       {"TAKES IN", "others", CELL_TEXT},
                       {"BECAUSE OF", "why", CELL_TEXT},
                       {"EQUAL", "value", CELL_TEXT},
                       {0}},
    .empty = "No two products seem to be one.",
};

static bool is_in(const json_t *list, const char *sku)
{
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one)
        if (strcmp(json_string_value(one), sku) == 0) return true;
    return false;
}

/* Groups as merges: the oldest of each takes the others in. A product that is in another group
 * already waits for the next time. */
static json_t *plan_of(const json_t *groups)
{
    json_t *items = json_array(), *used = json_array(), *group, *sku;
    size_t g, i;
    json_array_foreach (json_object_get(groups, "items"), g, group) {
        const json_t *skus = json_object_get(group, "skus");
        const char *keeps = json_string_value(json_array_get(skus, 0));
        json_t *others = json_array();
        if (keeps && !is_in(used, keeps))
            json_array_foreach (skus, i, sku)
                if (i && !is_in(used, json_string_value(sku))) json_array_append(others, sku);
        if (json_array_size(others)) {
            json_array_append_new(used, json_string(keeps));
            json_array_extend(used, others);
            json_array_append_new(items, json_pack("{s:s, s:O, s:O, s:O}", "keeps", keeps, "others",
                                                   others, "why", json_object_get(group, "why"),
                                                   "value", json_object_get(group, "value")));
        }
        json_decref(others);
    }
    json_decref(used);
    return json_pack("{s:o}", "items", items);
}

static int merge_planned(struct ctl *ctl, const json_t *plan, const char *stock)
{
    size_t i, n, done = 0, failed = 0;
    json_t *item, *other;
    json_array_foreach (json_object_get(plan, "items"), i, item)
        json_array_foreach (json_object_get(item, "others"), n, other) {
            int code = merge(ctl, json_string_value(json_object_get(item, "keeps")),
                             json_string_value(other), stock);
            if (code == CTL_UNREACHABLE) return code;
            code == CTL_OK ? done++ : failed++;
        }
    if (!ctl->json) {
        json_t *said = json_pack("{s:I}", "done", (json_int_t)done);
        ctl_tell(ctl, "{done} {done:product was|products were} merged.", said);
        json_decref(said);
    }
    return failed ? CTL_PARTLY : CTL_OK;
}

static int merge_all(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *groups = NULL;
    int code = ctl_ask_pages(ctl, "/v1/duplicates", &groups);
    if (code != CTL_OK) return code;
    json_t *plan = plan_of(groups);
    bool any = json_array_size(json_object_get(plan, "items")) > 0;
    ctl_show(ctl, call, &plan_view, plan);
    if (any && ctl_is_on(call, "apply"))
        code = merge_planned(ctl, plan, ctl_value(call, "stock"));
    else if (any && !ctl->json)
        ctl_tell(ctl, "Nothing was merged yet: --apply does it.", NULL);
    json_decref(plan);
    json_decref(groups);
    return code;
}

int ctl_run_merge(struct ctl *ctl, const struct ctl_call *call)
{
    const char *sku = ctl_value(call, "SKU"), *other = ctl_value(call, "OTHER");
    bool all = ctl_is_on(call, "all-duplicates");
    if (all != !sku || (sku && !other)) {
        ctl_say(ctl, "give two SKUs, of which the first one stays, or --all-duplicates");
        return CTL_USAGE;
    }
    if (all) return merge_all(ctl, call);
    int code = merge(ctl, sku, other, ctl_value(call, "stock"));
    if (code == CTL_OK && !ctl->json) ctl_show(ctl, call, call->verb->view, NULL);
    return code;
}

/* ---- listings by hand */

static char *listing_path(const char *account, const char *listing)
{
    char *head = path_of("/v1/listings/", account, "/");
    char *path = path_of(head, listing, "/product");
    mem_free(head);
    return path;
}

static int tie(struct ctl *ctl, const char *account, const char *listing, const char *sku)
{
    char *path = listing_path(account, listing);
    int code = *sku ? send(ctl, "PUT", path, json_pack("{s:s}", "sku", sku))
                    : send(ctl, "DELETE", path, NULL);
    mem_free(path);
    return code;
}

static bool in_conflict(const json_t *conflicts, const char *listing)
{
    size_t i;
    json_t *conflict;
    json_array_foreach (json_object_get(conflicts, "items"), i, conflict) {
        const char *id =
            json_string_value(json_array_get(json_object_get(conflict, "listings"), 0));
        if (id && strcmp(id, listing) == 0) return true;
    }
    return false;
}

int ctl_run_resolve(struct ctl *ctl, const struct ctl_call *call)
{
    const char *account = ctl_value(call, "ACCOUNT"), *listing = ctl_value(call, "LISTING");
    const char *sku = ctl_value(call, "SKU");
    if (ctl_is_on(call, "none") == (sku != NULL)) {
        ctl_say(ctl, "say which product listing %s shows, or --none", listing);
        return CTL_USAGE;
    }
    json_t *conflicts = NULL;
    char *path = path_of("/v1/conflicts?account=", account, "");
    int code = ctl_ask_pages(ctl, path, &conflicts);
    mem_free(path);
    if (code == CTL_OK && !in_conflict(conflicts, listing)) {
        ctl_say(ctl, "listing %s of %s is in no conflict; 'stockctl listing link' ties it anyhow",
                listing, account);
        code = CTL_REFUSED;
    }
    json_decref(conflicts);
    if (code == CTL_OK) code = tie(ctl, account, listing, sku ? sku : "");
    if (code == CTL_OK && !ctl->json)
        fprintf(ctl->out, sku ? "Resolved: it shows %s.\n" : "Resolved: it shows no product.%s\n",
                sku ? sku : "");
    return code;
}

/* ---- listing import: account, listing, sku */

struct links {
    struct ctl *ctl;
    const char *file;
    struct ctl_rules *rules; /* it is a file of rules; or NULL */
    size_t done, failed;
    bool dry_run;
    bool any;  /* rows were seen */
    int ended; /* the exit code of what ended it amid the file: no daemon, or an answer broke off */
};

static char *field(const struct csv_record *record, size_t i)
{
    return mem_format("%.*s", (int)record->fields[i].text.size,
                      (const char *)record->fields[i].text.data);
}

static bool is_head(const struct csv_record *record)
{
    const struct bytes names[] = {bytes_text("account"), bytes_text("listing"), bytes_text("sku")};
    for (size_t i = 0; i < 3; i++)
        if (!bytes_equal(record->fields[i].text, names[i])) return false;
    return true;
}

/* What came of a row. */
static void judge_tie(struct links *links, uint64_t line, int code)
{
    const char *said;
    switch (code) {
    case CTL_OK: links->done++; return;
    case CTL_WAITING:
        said = ctl_text("%s:%llu: not known to be linked, and nothing after it was asked for: "
                        "import the file again, which keeps what is linked");
        links->ended = code;
        break;
    case CTL_UNREACHABLE:
        said = ctl_text("%s:%llu: not linked, nor is anything after it: import the file again, "
                        "which keeps what is linked");
        links->ended = code;
        break;
    default:
        said = ctl_text("%s:%llu: not linked");
        links->failed++;
        break;
    }
    ctl_say(links->ctl, said, links->file, (unsigned long long)line);
}

static bool on_record(const struct csv_record *record, void *ctx)
{
    struct links *links = ctx;
    bool first = !links->any;
    links->any = true;
    if (first && !record->problem && ctl_rules_head(record)) {
        links->rules = ctl_rules_new(links->ctl, links->file, record);
        return true;
    }
    if (links->rules) {
        ctl_rules_row(links->rules, record);
        return true;
    }
    if (links->dry_run && !links->ended) {
        ctl_say(links->ctl, "--dry-run is for files of rules: ties are made row by row");
        links->failed++;
        return false;
    }
    if (record->problem || record->count < 3) {
        ctl_say(links->ctl, "%s:%llu: %s", links->file, (unsigned long long)record->line,
                record->problem
                    ? record->problem
                    : "there are to be three columns: account, listing, sku; or, for rules, a "
                      "first row that names sku, buffer and so on");
        links->failed++;
        return true;
    }
    if (first && is_head(record)) return true;
    char *account = field(record, 0), *listing = field(record, 1), *sku = field(record, 2);
    judge_tie(links, record->line, tie(links->ctl, account, listing, sku));
    mem_free(account);
    mem_free(listing);
    mem_free(sku);
    return !links->ended;
}

static enum status read_links(FILE *file, struct links *links, struct error *error)
{
    char part[1 << 14];
    size_t size;
    enum status status = ST_OK;
    struct csv_reader *reader = csv_new(0, on_record, links);
    while (status == ST_OK && (size = fread(part, 1, sizeof part, file)) > 0)
        status = csv_feed(reader, bytes_of(part, size), error);
    if (status == ST_OK) status = csv_end(reader, error);
    csv_free(reader);
    return status;
}

int ctl_run_links(struct ctl *ctl, const struct ctl_call *call)
{
    const char *name = ctl_value(call, "FILE");
    bool dry_run = ctl_is_on(call, "dry-run");
    struct links links = {.ctl = ctl, .file = name, .dry_run = dry_run};
    struct error error;
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    if (!file) {
        ctl_say(ctl, "cannot read %s: %s", name, strerror(errno));
        return CTL_REFUSED;
    }
    enum status status = read_links(file, &links, &error);
    if (file != stdin) fclose(file);
    if (dry_run && links.failed && !links.rules) return CTL_USAGE;
    if (status != ST_OK && !links.ended) {
        ctl_say(ctl, "%s: %s", name, error.text);
        ctl_rules_free(links.rules);
        return CTL_REFUSED;
    }
    if (links.rules) {
        int code = ctl_rules_end(links.rules, dry_run);
        ctl_rules_free(links.rules);
        return code;
    }
    if (!ctl->json) {
        json_t *said = json_pack("{s:I, s:I}", "done", (json_int_t)links.done, "failed",
                                 (json_int_t)links.failed);
        ctl_tell(ctl, "{done} {done:listing|listings} linked, {failed} {failed:row|rows} refused",
                 said);
        json_decref(said);
    }
    if (links.ended) return links.ended;
    return links.failed == 0 ? CTL_OK : links.done ? CTL_PARTLY : CTL_REFUSED;
}

/* ---- undo */

static int show_undo(struct ctl *ctl, const struct ctl_call *call, const char *id, bool job)
{
    json_t *answer = NULL;
    char *path = mem_format("/v1/undo/%s%s", id, job ? "?job=true" : "");
    int code = ctl_ask(ctl, "GET", path, NULL, true, &answer);
    if (code == CTL_OK) ctl_show(ctl, call, &ctl_undo_plan_view, answer);
    if (code == CTL_OK && json_is_false(json_object_get(answer, "possible"))) code = CTL_REFUSED;
    json_decref(answer);
    mem_free(path);
    return code;
}

/* `what`: "sequence", "job", or "plan", whose id is a text. */
static int do_undo(struct ctl *ctl, const struct ctl_call *call, const char *id, const char *what)
{
    json_t *answer = NULL;
    const char *quote = strcmp(what, "plan") == 0 ? "\"" : "";
    char *body = mem_format("{\"%s\": %s%s%s}", what, quote, id, quote);
    int code = ctl_ask(ctl, "POST", "/v1/undo", body, true, &answer);
    if (code == CTL_OK) code = ctl_held(ctl, answer);
    if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, answer);
    json_decref(answer);
    mem_free(body);
    return code;
}

int ctl_run_undo(struct ctl *ctl, const struct ctl_call *call)
{
    const char *id = ctl_value(call, "NUMBER");
    bool job = ctl_is_on(call, "import");
    if (ctl_is_on(call, "dry-run")) return show_undo(ctl, call, id, job);
    return do_undo(ctl, call, id, job ? "job" : "sequence");
}

int ctl_run_undo_plan(struct ctl *ctl, const struct ctl_call *call)
{
    const char *id = ctl_value(call, "ID");
    if (id[0] != 'p' || strspn(id + 1, "0123456789abcdef") != 12 || strlen(id) != 13) {
        ctl_say(ctl,
                "'%.40s' is no plan's id, which looks like p1f0c2a9be410; a command of the "
                "history is undone by 'stockctl undo %.40s'",
                id, id);
        return CTL_USAGE;
    }
    if (ctl_is_on(call, "dry-run")) return show_undo(ctl, call, id, false);
    return do_undo(ctl, call, id, "plan");
}
