/* listing set, and listing import of rules: words and rows become what the daemon takes. What makes
 * sense is the daemon's to say; only which word is an account is decided here. */
#include "ctl/run_rules.h"

#include "base/mem.h"
#include "base/suggest.h"

#include <stdlib.h>
#include <string.h>

static const char *const modes[] = {"down-only", "up-only", "off=zero", "off", "on"};
enum { MODES = sizeof modes / sizeof *modes };

static bool is_word(const char *text)
{
    for (size_t i = 0; i < MODES; i++)
        if (strcmp(text, modes[i]) == 0) return true;
    return strchr(text, '=') != NULL;
}

static char *rule_path(const char *sku, const char *account)
{
    struct buf path;
    buf_init(&path, 16 << 10);
    buf_text(&path, "/v1/products/");
    ctl_encode(&path, sku);
    buf_text(&path, "/rules");
    if (account) {
        buf_char(&path, '/');
        ctl_encode(&path, account);
    }
    return buf_take(&path);
}

/* `listing set A-1 of`: no account, but nearly a word. */
static void say_near(struct ctl *ctl, const char *account)
{
    const char *near = suggest_name(account, modes, MODES);
    if (near) ctl_say(ctl, "if '%s' is not meant as an account: did you mean '%s'?", account, near);
}

int ctl_run_rule_set(struct ctl *ctl, const struct ctl_call *call)
{
    const char *account = call->list_count && !is_word(call->list[0]) ? call->list[0] : NULL;
    json_t *words = json_array(), *answer = NULL;
    for (size_t i = account ? 1 : 0; i < call->list_count; i++) {
        if (json_array_append_new(words, json_string(call->list[i])) == 0) continue;
        ctl_say(ctl, "a word is no UTF-8");
        json_decref(words);
        return CTL_USAGE;
    }
    if (json_array_size(words) == 0) {
        json_decref(words);
        say_near(ctl, account ? account : "");
        ctl_say(ctl, "say what is to hold for it: off, on, off=zero, up-only, down-only, buffer=N, "
                     "cap=N, min=N, pack=N or velocity=DAYSxFACTOR");
        return CTL_USAGE;
    }
    char *path = rule_path(ctl_value(call, "SKU"), account);
    json_t *body = json_pack("{s:o}", "words", words);
    char *text = json_dumps(body, JSON_COMPACT);
    int code = ctl_ask(ctl, "PATCH", path, text, false, &answer);
    if (code == CTL_OK) {
        code = ctl_held(ctl, answer);
        if (code == CTL_OK || ctl->json) ctl_show(ctl, call, call->verb->view, answer);
    } else if (code == CTL_REFUSED && account) {
        say_near(ctl, account);
    }
    json_decref(answer);
    json_decref(body);
    free(text);
    mem_free(path);
    return code;
}

/* ---- a file of rules */

static const char *const columns[] = {"sku", "account", "mode", "buffer",
                                      "cap", "min",     "pack", "velocity"};
enum { COLUMNS = sizeof columns / sizeof *columns, SKU = 0, ACCOUNT = 1, ROWS_AT_ONCE = 1000 };

struct ctl_rules {
    struct ctl *ctl;
    const char *file;
    size_t at[COLUMNS]; /* where the column is in a row, from 1; 0: it is not there */
    json_t *rows;       /* of the whole file, each with its "line" */
    size_t wrong;       /* rows that cannot be read */
    size_t changed, held;
};

static char *text_of(struct bytes text)
{
    return mem_format("%.*s", (int)text.size, (const char *)text.data);
}

static int column_of(const char *name)
{
    for (int i = 0; i < COLUMNS; i++)
        if (strcmp(name, columns[i]) == 0) return i;
    return -1;
}

bool ctl_rules_head(const struct csv_record *record)
{
    bool sku = false, said = false;
    for (size_t i = 0; i < record->count; i++) {
        if (bytes_equal(record->fields[i].text, bytes_text("listing"))) return false;
        for (int c = 0; c < COLUMNS; c++) {
            if (!bytes_equal(record->fields[i].text, bytes_text(columns[c]))) continue;
            sku |= c == SKU;
            said |= c != SKU && c != ACCOUNT;
        }
    }
    return sku && said;
}

struct ctl_rules *ctl_rules_new(struct ctl *ctl, const char *file, const struct csv_record *head)
{
    struct ctl_rules *rules = mem_alloc(sizeof *rules);
    rules->ctl = ctl;
    rules->file = file;
    rules->rows = json_array();
    for (size_t i = 0; i < head->count; i++) {
        char *name = text_of(head->fields[i].text);
        int column = column_of(name);
        const char *near = column < 0 ? suggest_name(name, columns, COLUMNS) : NULL;
        if (column < 0)
            ctl_say(ctl, "%s:1: a rule has no column '%s'%s%s%s", file, name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        else if (rules->at[column])
            ctl_say(ctl, "%s:1: column '%s' is there twice", file, name);
        if (column < 0 || rules->at[column])
            rules->wrong++;
        else
            rules->at[column] = i + 1;
        mem_free(name);
    }
    return rules;
}

/* An empty cell leaves what is there; "none" is the daemon's word for forgetting. */
void ctl_rules_row(struct ctl_rules *rules, const struct csv_record *record)
{
    json_t *row = json_pack("{s:I}", "line", (json_int_t)record->line);
    const char *problem = record->problem;
    for (size_t i = 0; i < COLUMNS && !problem; i++) {
        size_t at = rules->at[i];
        if (!at || at > record->count || record->fields[at - 1].text.size == 0) continue;
        struct bytes text = record->fields[at - 1].text;
        json_t *value = json_stringn(text.data, text.size);
        if (!value) problem = "it is no UTF-8";
        if (value) json_object_set_new(row, columns[i], value);
    }
    if (!problem && !json_object_get(row, columns[SKU])) problem = "it has no sku";
    if (!problem) {
        json_array_append_new(rules->rows, row);
        return;
    }
    ctl_say(rules->ctl, "%s:%llu: %s", rules->file, (unsigned long long)record->line, problem);
    rules->wrong++;
    json_decref(row);
}

static json_int_t line_of(const struct ctl_rules *rules, size_t row)
{
    return json_integer_value(json_object_get(json_array_get(rules->rows, row), "line"));
}

static void say_errors(struct ctl_rules *rules, size_t from, const json_t *errors)
{
    size_t i;
    json_t *error;
    json_array_foreach (errors, i, error) {
        size_t row = from + (size_t)json_integer_value(json_object_get(error, "row"));
        const char *text = json_string_value(json_object_get(error, "text"));
        ctl_say(rules->ctl, "%s:%lld: %s", rules->file, (long long)line_of(rules, row),
                text ? text : "refused");
    }
    rules->wrong += json_array_size(errors);
}

static char *chunk_body(const struct ctl_rules *rules, size_t from, size_t to, bool dry_run)
{
    json_t *rows = json_array();
    for (size_t i = from; i < to; i++) {
        json_t *row = json_copy(json_array_get(rules->rows, i));
        json_object_del(row, "line");
        json_array_append_new(rows, row);
    }
    json_t *body = json_pack("{s:o, s:b}", "rows", rows, "dry_run", dry_run);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

/* Rows that are refused are counted and said; any other trouble ends it. */
static int send_chunk(struct ctl_rules *rules, size_t from, size_t to, bool dry_run)
{
    char *body = chunk_body(rules, from, to, dry_run);
    struct ctl_request request = {.method = "POST",
                                  .path = "/v1/rules",
                                  .body = body,
                                  .look = dry_run ? NULL : "stockctl history",
                                  .upload = -1};
    struct ctl_answer answer;
    enum ctl_result result = ctl_client_ask(rules->ctl->client, &request, &answer);
    json_t *json = json_loadb(buf_cstr(&answer.body), answer.body.size, 0, NULL);
    const json_t *errors = json_object_get(json, "errors");
    int code = CTL_OK;
    if (result == CTL_ANSWERED && errors) {
        say_errors(rules, from, errors);
    } else if (result != CTL_ANSWERED || answer.status / 100 != 2) {
        code = ctl_fail(rules->ctl, &request, result, &answer);
    } else if (ctl_held(rules->ctl, json) == CTL_WAITING) {
        rules->held += to - from;
    } else {
        rules->changed += (size_t)json_integer_value(json_object_get(json, "changed"));
    }
    json_decref(json);
    ctl_answer_free(&answer);
    free(body);
    return code;
}

static int send_all(struct ctl_rules *rules, bool dry_run)
{
    size_t count = json_array_size(rules->rows);
    int code = CTL_OK;
    rules->changed = 0;
    for (size_t from = 0; from < count && code == CTL_OK; from += ROWS_AT_ONCE) {
        size_t to = from + ROWS_AT_ONCE < count ? from + ROWS_AT_ONCE : count;
        code = send_chunk(rules, from, to, dry_run);
    }
    return code;
}

static void say_result(const struct ctl_rules *rules, size_t count, bool dry_run)
{
    size_t set = rules->wrong ? 0 : rules->changed;
    size_t same = rules->wrong ? 0 : count - rules->held - rules->changed;
    json_t *answer =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "rows", (json_int_t)count, "changed",
                  (json_int_t)set, "same", (json_int_t)same, "refused", (json_int_t)rules->wrong,
                  "held", (json_int_t)rules->held, "dry_run", dry_run);
    if (rules->ctl->json)
        ctl_show_json(rules->ctl, answer);
    else if (rules->wrong)
        ctl_tell(rules->ctl, "{refused} {refused:rule|rules} refused: nothing was changed", answer);
    else if (dry_run)
        ctl_tell(rules->ctl,
                 "{rows} {rows:rule|rules}: {changed} would be changed, {same} {same:is|are} so "
                 "already; nothing was changed yet",
                 answer);
    else if (rules->held)
        ctl_tell(rules->ctl,
                 "{rows} {rows:rule|rules}: {changed} changed, {same} {same:was|were} so already; "
                 "the rest is held",
                 answer);
    else
        ctl_tell(rules->ctl,
                 "{rows} {rows:rule|rules}: {changed} changed, {same} {same:was|were} so already",
                 answer);
    json_decref(answer);
}

/* All rows are looked at before the first is set. */
int ctl_rules_end(struct ctl_rules *rules, bool dry_run)
{
    size_t count = json_array_size(rules->rows);
    int code = CTL_OK;
    if (!rules->wrong || count) code = send_all(rules, true);
    if (code == CTL_OK && !rules->wrong && !dry_run) code = send_all(rules, false);
    if (code == CTL_OK) {
        say_result(rules, count, dry_run);
        code = rules->wrong ? CTL_REFUSED : rules->held ? CTL_WAITING : CTL_OK;
    }
    return code;
}

void ctl_rules_free(struct ctl_rules *rules)
{
    if (!rules) return;
    json_decref(rules->rows);
    mem_free(rules);
}
