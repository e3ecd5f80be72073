/* A report for programs: docs/reports.md says what the members are. */
#include "report/render.h"

#include "base/clock.h"

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static json_t *time_or_null(int64_t ms)
{
    char text[CLOCK_TEXT_MAX];
    return ms > 0 ? json_string(clock_text(ms, text)) : json_null();
}

static json_t *number_or_null(bool known, int64_t number)
{
    return known ? json_integer(number) : json_null();
}

static json_t *held_json(const struct report_account *a)
{
    json_t *list = json_array();
    for (int i = 0; i < REPORT_HOLDS; i++)
        if (a->held[i])
            json_array_append_new(list, json_pack("{s:s, s:I}", "reason",
                                                  report_hold_name((enum report_hold)i), "count",
                                                  (json_int_t)a->held[i]));
    return list;
}

static json_t *now_json(const struct report_account *a, int64_t now_ms)
{
    const int64_t *of = a->now.of;
    return json_pack("{s:s, s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:o}", "state", a->state, "why",
                     text_or_null(a->why), "unsent", (json_int_t)of[COUNT_UNSENT],
                     "oldest_unsent_ms", number_or_null(a->now.since_ms, now_ms - a->now.since_ms),
                     "unresolved", (json_int_t)of[COUNT_UNRESOLVED], "rejected",
                     (json_int_t)of[COUNT_REJECTED], "drifting", (json_int_t)of[COUNT_DRIFT],
                     "held", (json_int_t)of[COUNT_HELD], "held_for", held_json(a));
}

static json_t *account_json(const struct report_account *a, int64_t now_ms)
{
    const int64_t *of = a->sums.of, arrived = of[DAY_ARRIVED];
    const struct {
        const char *name;
        json_t *value;
    } members[] = {
        {"account", json_string(a->name)},
        {"confirmed", json_integer(of[DAY_CONFIRMED])},
        {"rejected", json_integer(of[DAY_REJECTED])},
        {"repeated", json_integer(of[DAY_FAILED])},
        {"drift_found", json_integer(of[DAY_DRIFT_FOUND])},
        {"drift_repaired", json_integer(of[DAY_DRIFT_MENDED])},
        {"oversold", json_integer(of[DAY_OVERSOLD])},
        {"arrived", json_integer(arrived)},
        {"mean_ms", number_or_null(arrived, arrived ? of[DAY_ARRIVED_MS] / arrived : 0)},
        {"slowest_ms", number_or_null(arrived, of[DAY_SLOWEST_MS])},
        {"slowest_sku", text_or_null(a->slowest_sku)},
        {"known_ms", json_integer(of[DAY_KNOWN_MS])},
        {"served_ms", json_integer(of[DAY_SERVED_MS])},
        {"now", now_json(a, now_ms)},
    };
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(json, members[i].name, members[i].value);
    return json;
}

static json_t *plan_json(const struct report_plan *plan)
{
    return json_pack("{s:s, s:o, s:I, s:o}", "plan", plan->id, "since",
                     time_or_null(plan->since_ms), "figures", (json_int_t)plan->figures, "reason",
                     text_or_null(plan->why));
}

static json_t *alert_json(const struct report_alert *a, enum lang lang)
{
    struct buf text, todo;
    buf_init(&text, REPORT_TEXT_MAX);
    buf_init(&todo, REPORT_TEXT_MAX);
    report_alert_line(&text, a, lang);
    report_alert_todo(&todo, a, lang);
    json_t *json =
        json_pack("{s:I, s:s, s:s, s:o, s:o, s:b, s:o, s:o}", "id", (json_int_t)a->number, "rule",
                  alert_rule_name(a->rule), "severity", alert_severity_name(a->severity), "account",
                  text_or_null(a->account), "opened", time_or_null(a->opened_ms), "known", a->known,
                  "text", text_or_null(buf_cstr(&text)), "todo", text_or_null(buf_cstr(&todo)));
    buf_free(&text);
    buf_free(&todo);
    return json;
}

json_t *report_json(const struct report *r, enum lang lang)
{
    json_t *accounts = json_array(), *plans = json_array(), *alerts = json_array();
    for (size_t i = 0; i < r->account_count; i++)
        json_array_append_new(accounts, account_json(&r->accounts[i], r->now_ms));
    for (size_t i = 0; i < r->plan_count; i++)
        json_array_append_new(plans, plan_json(&r->plans[i]));
    for (size_t i = 0; i < r->alert_count; i++)
        json_array_append_new(alerts, alert_json(&r->alerts[i], lang));
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "since", time_or_null(r->from_ms),
                     "until", time_or_null(r->until_ms), "made", time_or_null(r->now_ms),
                     "counted_since", time_or_null(r->counted_ms), "ran_ms",
                     (json_int_t)r->daemon.of[DAY_KNOWN_MS], "accounts", accounts, "held", plans,
                     "needs", alerts);
}
