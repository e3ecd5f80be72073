/* The settings as JSON: one table of their names and kinds serves reading and writing. */
#include "marketsim/wb/wb_control.h"

#include <stddef.h>
#include <string.h>

enum kind { NUMBER, SHARE, TRUTH, WORD };

static const char *const penalties[] = {"4xx", "409", "none", NULL};
static const char *const namings[] = {"chrt", "sku", "doc", "none", NULL};
static const char *const nexts[] = {"zero", "null", "repeat", NULL};
static const char *const bodies_429[] = {"problem", "tiny", "empty", NULL};
static const char *const refusals[] = {"problem", "denied", "path", NULL};

#define AT(field) offsetof(struct wb_settings, field)

static const struct setting {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *const *words; /* of an enum, in its order */
} settings[] = {
    {"scale", SHARE, AT(scale), NULL},
    {"quotas", TRUTH, AT(quotas), NULL},
    {"penalty", NUMBER, AT(penalty), NULL},
    {"penalty_on", WORD, AT(penalty_on), penalties},
    {"penalty_429", TRUTH, AT(penalty_429), NULL},
    {"left_hidden", TRUTH, AT(left_hidden), NULL},
    {"body_429", WORD, AT(body_429), bodies_429},
    {"retry_header", TRUTH, AT(retry_header), NULL},
    {"limit_headers", TRUTH, AT(limit_headers), NULL},
    {"clock_offset_ms", NUMBER, AT(clock_offset_ms), NULL},
    {"read_lag_ms", NUMBER, AT(read_lag_ms), NULL},
    {"names_checked", TRUTH, AT(names_checked), NULL},
    {"sku_accepted", TRUTH, AT(sku_accepted), NULL},
    {"zero_rows", TRUTH, AT(zero_rows), NULL},
    {"partial_409", TRUTH, AT(partial_409), NULL},
    {"naming", WORD, AT(naming), namings},
    {"first_code_only", TRUTH, AT(first_code_only), NULL},
    {"short_pages", SHARE, AT(short_pages), NULL},
    {"old_photo_filter", TRUTH, AT(old_photo_filter), NULL},
    {"cursor_echo", TRUTH, AT(cursor_echo), NULL},
    {"next_end", WORD, AT(next_end), nexts},
    {"null_wb_status", TRUTH, AT(null_wb_status), NULL},
    {"sale_price", TRUTH, AT(sale_price), NULL},
    {"date_to_week", TRUTH, AT(date_to_week), NULL},
    {"cancel_restores", TRUTH, AT(cancel_restores), NULL},
    {"decline_restores", TRUTH, AT(decline_restores), NULL},
    {"hide_fbw", TRUTH, AT(hide_fbw), NULL},
    {"refusal", WORD, AT(refusal), refusals},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* Enums are read and written as what they are: unsigned ints. */
static json_t *get_value(const struct wb_settings *from, const struct setting *setting)
{
    const void *at = (const char *)from + setting->offset;
    int64_t number;
    double share;
    bool truth;
    unsigned word;
    switch (setting->kind) {
    case NUMBER: memcpy(&number, at, sizeof(number)); return json_integer(number);
    case SHARE: memcpy(&share, at, sizeof(share)); return json_real(share);
    case TRUTH: memcpy(&truth, at, sizeof(truth)); return json_boolean(truth);
    case WORD: memcpy(&word, at, sizeof(word)); return json_string(setting->words[word]);
    }
    return json_null();
}

static bool set_word(void *at, const struct setting *setting, const json_t *value)
{
    const char *text = json_string_value(value);
    for (unsigned i = 0; text && setting->words[i]; i++)
        if (strcmp(setting->words[i], text) == 0) {
            memcpy(at, &i, sizeof(i));
            return true;
        }
    return false;
}

static bool set_value(struct wb_settings *to, const struct setting *setting, const json_t *value)
{
    void *at = (char *)to + setting->offset;
    int64_t number = json_integer_value(value);
    double share = json_number_value(value);
    bool truth = json_is_true(value);
    switch (setting->kind) {
    case NUMBER: memcpy(at, &number, sizeof(number)); return json_is_integer(value);
    case SHARE: memcpy(at, &share, sizeof(share)); return json_is_number(value) && share >= 0;
    case TRUTH: memcpy(at, &truth, sizeof(truth)); return json_is_boolean(value);
    case WORD: return set_word(at, setting, value);
    }
    return false;
}

static json_t *get_limits(const struct wb_settings *from)
{
    json_t *limits = json_object();
    for (int i = 0; i < WB_PING; i++)
        json_object_set_new(limits, wb_group_name((enum wb_group)i),
                            json_pack("{s:f, s:I}", "interval_ms", from->limits[i].interval_ms,
                                      "burst", (json_int_t)from->limits[i].burst));
    return limits;
}

static bool set_limits(struct wb_settings *to, json_t *limits)
{
    const char *name;
    json_t *value;
    if (!json_is_object(limits)) return false;
    json_object_foreach (limits, name, value) {
        double interval;
        json_int_t burst = 1;
        bool found = false;
        if (json_unpack_ex(value, NULL, JSON_STRICT, "{s:F, s?I}", "interval_ms", &interval,
                           "burst", &burst))
            return false;
        for (int i = 0; i < WB_PING; i++)
            if (strcmp(wb_group_name((enum wb_group)i), name) == 0) {
                to->limits[i] = (struct market_bucket_limit){interval, burst};
                found = true;
            }
        if (!found || interval < 0 || burst < 1) return false;
    }
    return true;
}

void wb_control_settings_get(struct market_control *control)
{
    json_t *answer = json_object();
    for (size_t i = 0; i < SETTINGS; i++)
        json_object_set_new(answer, settings[i].name,
                            get_value(&wb_of(control)->settings, &settings[i]));
    json_object_set_new(answer, "limits", get_limits(&wb_of(control)->settings));
    market_control_json(control, answer);
}

static bool set_named(struct wb_settings *to, const char *name, json_t *value)
{
    if (strcmp(name, "limits") == 0) return set_limits(to, value);
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcmp(settings[i].name, name) == 0) return set_value(to, &settings[i], value);
    return false;
}

void wb_control_settings_set(struct market_control *control)
{
    struct wb_settings changed = wb_of(control)->settings;
    const char *name;
    json_t *value;
    json_object_foreach (control->body, name, value) {
        if (set_named(&changed, name, value)) continue;
        market_control_error(control, "settings: no such setting, or not its kind: %.60s", name);
        return;
    }
    if (!(changed.scale > 0)) {
        market_control_error(control, "settings: scale must be above 0");
        return;
    }
    wb_settings_set(wb_of(control), &changed);
    market_control_ok(control);
}
