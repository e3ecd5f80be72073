/* The settings by their names: whatever struct allegro_settings has, JSON has too. */
#include "marketsim/allegro/allegro_control.h"

#include <stddef.h>
#include <string.h>

enum kind { KIND_SIZE, KIND_INT, KIND_BOOL };

#define SIZE(name)                                                \
    {                                                             \
#name, KIND_SIZE, offsetof(struct allegro_settings, name) \
    }
#define INT(name)                                                \
    {                                                            \
#name, KIND_INT, offsetof(struct allegro_settings, name) \
    }
#define BOOL(name)                                                \
    {                                                             \
#name, KIND_BOOL, offsetof(struct allegro_settings, name) \
    }

static const struct {
    const char *name;
    enum kind kind;
    size_t offset;
} settings[] = {
    SIZE(client_per_minute),
    SIZE(get_per_minute),
    SIZE(patch_per_minute),
    SIZE(command_per_minute),
    SIZE(command_per_hour),
    SIZE(bulk_per_hour),
    SIZE(report_per_minute),
    SIZE(tokens_per_hour),
    BOOL(retry_after),
    BOOL(user_agent),
    BOOL(accept),
    INT(clock_offset_ms),
    INT(read_lag_ms),
    INT(access_ms),
    INT(refresh_ms),
    INT(grace_ms),
    BOOL(old_access_lives),
    BOOL(grace_same_pair),
    BOOL(echo_refresh),
    INT(device_ms),
    INT(device_interval),
    INT(device_polls),
    INT(patch_async_ms),
    INT(patch_retry_s),
    INT(edit_ms),
    INT(end_ms),
    INT(activate_ms),
    BOOL(nulls),
    BOOL(location_port),
    BOOL(operation_200),
    INT(register_ms),
    INT(command_ms),
    INT(stuck_commands),
    INT(uncounted),
    BOOL(odd_times),
    BOOL(completed_null),
    BOOL(foreign_tasks),
    BOOL(in_progress_limit),
    BOOL(bought_form),
    BOOL(cancel_restores),
    BOOL(updated_moves),
    INT(event_delay_ms),
    BOOL(event_late_ids),
    BOOL(event_twice),
    INT(events_lost),
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

void allegro_control_settings_get(struct market_control *control)
{
    const struct allegro_settings *s = &allegro_of(control)->settings;
    json_t *all = json_pack("{s:f}", "scale", s->scale);
    for (size_t i = 0; i < SETTINGS; i++) {
        const char *at = (const char *)s + settings[i].offset;
        size_t size;
        int64_t number;
        bool flag;
        json_t *value = NULL;
        switch (settings[i].kind) {
        case KIND_SIZE:
            memcpy(&size, at, sizeof(size));
            value = json_integer((json_int_t)size);
            break;
        case KIND_INT:
            memcpy(&number, at, sizeof(number));
            value = json_integer(number);
            break;
        case KIND_BOOL:
            memcpy(&flag, at, sizeof(flag));
            value = json_boolean(flag);
            break;
        }
        json_object_set_new(all, settings[i].name, value);
    }
    market_control_json(control, all);
}

/* False where the value does not fit the setting. */
static bool set_one(struct allegro_settings *s, size_t i, const json_t *value)
{
    char *at = (char *)s + settings[i].offset;
    int64_t number = json_integer_value(value);
    size_t size = (size_t)number;
    bool flag = json_is_true(value);
    switch (settings[i].kind) {
    case KIND_SIZE: memcpy(at, &size, sizeof(size)); return json_is_integer(value) && number >= 0;
    case KIND_INT: memcpy(at, &number, sizeof(number)); return json_is_integer(value);
    case KIND_BOOL: memcpy(at, &flag, sizeof(flag)); return json_is_boolean(value);
    }
    return false;
}

/* None of the limits, or all of them as Allegro has them. */
static void set_quotas(struct allegro_settings *s, bool on)
{
    s->client_per_minute = on ? ALLEGRO_CLIENT_PER_MINUTE : 0;
    s->get_per_minute = on ? ALLEGRO_GET_PER_MINUTE : 0;
    s->patch_per_minute = on ? ALLEGRO_PATCH_PER_MINUTE : 0;
    s->command_per_minute = on ? ALLEGRO_COMMAND_PER_MINUTE : 0;
    s->command_per_hour = on ? ALLEGRO_COMMAND_PER_HOUR : 0;
    s->bulk_per_hour = on ? ALLEGRO_BULK_PER_HOUR : 0;
    s->report_per_minute = on ? ALLEGRO_REPORT_PER_MINUTE : 0;
}

static bool set_named(struct allegro_settings *s, const char *name, const json_t *value)
{
    if (strcmp(name, "scale") == 0) {
        s->scale = json_number_value(value);
        return s->scale > 0;
    }
    if (strcmp(name, "quotas") == 0) {
        set_quotas(s, json_is_true(value));
        return json_is_boolean(value);
    }
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcmp(settings[i].name, name) == 0) return set_one(s, i, value);
    return false;
}

void allegro_control_settings_set(struct market_control *control)
{
    struct allegro_settings changed = allegro_of(control)->settings;
    const char *name;
    json_t *value;
    json_object_foreach (control->body, name, value) {
        if (!set_named(&changed, name, value)) {
            market_control_error(control, "settings: %s is unknown, or its value does not fit",
                                 name);
            return;
        }
    }
    allegro_settings_set(allegro_of(control), &changed);
    market_control_ok(control);
}
