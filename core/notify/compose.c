/* A group of news as a message. */
#include "notify/compose.h"

#include "base/clock.h"
#include "base/mem.h"
#include "notify/alert_private.h"
#include "notify/quiet.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct composing {
    enum lang lang;
    const struct alert_catalogue *catalogue;
    const struct alert_group *group;
    struct buf text;
    json_t *alerts;
    int64_t first_ms;
    size_t shown;
};

static char *text_of(struct bytes bytes)
{
    return mem_text_n(bytes.data ? bytes.data : "", bytes.size);
}

static json_t *alert_json(uint64_t number, const struct alert_view *alert, const char *line)
{
    char opened[CLOCK_TEXT_MAX], closed[CLOCK_TEXT_MAX];
    return json_pack(
        "{s:I, s:s, s:s, s:s%, s:s%, s:s%, s:I, s:I, s:s, s:s, s:s?}", "id", (json_int_t)number,
        "rule", alert_rule_name(alert->rule), "severity", alert_severity_name(alert->severity),
        "account", (const char *)alert->account.data, alert->account.size, "what",
        (const char *)alert->what.data, alert->what.size, "why", (const char *)alert->why.data,
        alert->why.size, "count", (json_int_t)alert->count, "limit", (json_int_t)alert->limit,
        "text", line, "opened", clock_text(alert->opened_ms, opened), "closed",
        alert->closed_ms ? clock_text(alert->closed_ms, closed) : NULL);
}

static void add_line(struct composing *c, uint64_t number, const struct alert_view *alert,
                     struct buf *todo)
{
    const struct alert_words *words = &c->catalogue->words[alert->rule];
    char *account = text_of(alert->account), *what = text_of(alert->what),
         *why = text_of(alert->why);
    const struct alert_values values = {.lang = c->lang,
                                        .account = account,
                                        .what = what,
                                        .why = why,
                                        .count = alert->count,
                                        .limit = alert->limit};
    struct buf line;
    buf_init(&line, COMPOSE_TEXT_MAX);
    bool over = c->group->news == ALERT_NEWS_CLOSED;
    alert_fill(&line, over ? words->over : words->line, &values);
    if (c->shown < COMPOSE_LINES_MAX) {
        if (c->group->count > 1) buf_text(&c->text, "- ");
        buf_text(&c->text, buf_cstr(&line));
        buf_char(&c->text, '\n');
    }
    if (!over && !todo->size) alert_fill(todo, words->todo, &values);
    json_array_append_new(c->alerts, alert_json(number, alert, buf_cstr(&line)));
    if (!c->first_ms || alert->opened_ms < c->first_ms) c->first_ms = alert->opened_ms;
    c->shown++;
    buf_free(&line);
    mem_free(account);
    mem_free(what);
    mem_free(why);
}

static void add_end(struct composing *c, const struct buf *todo, const struct zone *zone)
{
    const char *const *phrases = c->catalogue->phrases;
    char when[QUIET_TIME_MAX];
    if (c->shown > COMPOSE_LINES_MAX) {
        const struct alert_values more = {.count = (int64_t)(c->shown - COMPOSE_LINES_MAX)};
        alert_fill(&c->text, phrases[PHRASE_MORE], &more);
        buf_char(&c->text, '\n');
    }
    if (todo->size) buf_format(&c->text, "\n%s%s\n", phrases[PHRASE_TODO], buf_cstr(todo));
    const struct alert_values since = {.what = quiet_time(zone, c->first_ms, when)};
    buf_char(&c->text, '\n');
    alert_fill(&c->text, phrases[PHRASE_SINCE], &since);
    buf_format(&c->text, " %s\n", phrases[PHRASE_FOOT]);
}

static char *subject_of(const struct composing *c)
{
    const struct alert_group *group = c->group;
    const char *const *phrases = c->catalogue->phrases;
    bool over = group->news == ALERT_NEWS_CLOSED, many = c->shown > 1;
    enum alert_phrase phrase = over ? (many ? PHRASE_OVER_MANY : PHRASE_OVER_ONE)
                                    : (many ? PHRASE_SUBJECT_MANY : PHRASE_SUBJECT_ONE);
    const struct alert_values values = {.title = c->catalogue->words[group->rule].title,
                                        .count = (int64_t)c->shown};
    struct buf subject;
    buf_init(&subject, COMPOSE_TEXT_MAX);
    buf_text(&subject, "stockd: ");
    if (!over) buf_format(&subject, "%s: ", phrases[PHRASE_INFO + (int)group->severity]);
    alert_fill(&subject, phrases[phrase], &values);
    return buf_take(&subject);
}

static char *facts_of(json_t *alerts, const char *event, const struct message *message,
                      int64_t now_ms)
{
    char now[CLOCK_TEXT_MAX];
    json_t *facts =
        json_pack("{s:s, s:s, s:s, s:s, s:o}", "event", event, "time", clock_text(now_ms, now),
                  "subject", message->subject, "text", message->text, "alerts", alerts);
    char *dump = json_dumps(facts, JSON_COMPACT);
    char *text = mem_text(dump ? dump : "{}");
    free(dump);
    json_decref(facts);
    return text;
}

enum status compose_group(struct store_txn *txn, const struct alert_group *group,
                          enum alert_lang lang, const struct zone *zone, int64_t now_ms,
                          struct message *message, struct error *error)
{
    struct composing c = {.lang = (enum lang)lang,
                          .catalogue = alert_catalogue(lang),
                          .group = group,
                          .alerts = json_array()};
    struct buf todo;
    enum status status = ST_OK;
    buf_init(&c.text, COMPOSE_TEXT_MAX);
    buf_init(&todo, COMPOSE_TEXT_MAX);
    for (size_t i = 0; i < group->count && status == ST_OK; i++) {
        struct alert_view alert;
        status = alert_get(txn, group->rows[i].alert, &alert);
        if (status == ST_OK) add_line(&c, group->rows[i].alert, &alert, &todo);
        if (status == ST_NOT_FOUND) status = ST_OK; /* forgotten since */
    }
    *message = (struct message){0};
    if (status != ST_OK) {
        json_decref(c.alerts);
        error_set(error, status, "an alert in the store cannot be read");
    } else {
        add_end(&c, &todo, zone);
        message->subject = subject_of(&c);
        message->text = mem_text(buf_cstr(&c.text));
        message->facts = facts_of(c.alerts, group->news == ALERT_NEWS_CLOSED ? "closed" : "opened",
                                  message, now_ms);
    }
    buf_free(&c.text);
    buf_free(&todo);
    return status;
}

void compose_test(enum alert_lang lang, const char *channel, int64_t now_ms,
                  struct message *message)
{
    const char *const *phrases = alert_catalogue(lang)->phrases;
    const struct alert_values values = {.what = channel};
    struct buf text;
    buf_init(&text, COMPOSE_TEXT_MAX);
    alert_fill(&text, phrases[PHRASE_TEST_TEXT], &values);
    buf_char(&text, '\n');
    *message = (struct message){0};
    message->subject = mem_format("stockd: %s", phrases[PHRASE_TEST_SUBJECT]);
    message->text = mem_text(buf_cstr(&text));
    message->facts = facts_of(json_array(), "test", message, now_ms);
    buf_free(&text);
}

void message_free(struct message *message)
{
    mem_free(message->subject);
    mem_free(message->text);
    mem_free(message->facts);
    mem_free(message->html);
    mem_free(message->brief);
    *message = (struct message){0};
}
