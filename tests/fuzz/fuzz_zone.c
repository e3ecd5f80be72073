/* Times: files of the tz database (TZif), the rule in their footer, cron's five fields, and the
 * text of a schedule. Any bytes are refused, or are something that can be asked for any time.
 * Input: which (1), its bytes. */
#include "fuzz.h"

#include "schedule/cron.h"
#include "schedule/posix_tz.h"
#include "schedule/schedule.h"

#define DAY_S     INT64_C(86400)
#define MINUTE_MS INT64_C(60000)

/* Before the epoch, around it, this year, past 2038, past a table's end, where nobody lives. */
static const int64_t times_s[] = {
    -DAY_S * 365 * 1900, -1, 0, INT64_C(1789000000), INT64_C(2147483648), INT64_C(4102444800),
    DAY_S * 365 * 8000};
enum { TIMES = sizeof times_s / sizeof times_s[0] };

static void check_offset(int64_t offset_s)
{
    FUZZ_CHECK(offset_s > -8 * DAY_S && offset_s < 8 * DAY_S, "an offset of days: %lld s",
               (long long)offset_s);
}

static void try_file(struct bytes bytes)
{
    struct error error = {0};
    struct zone *zone;
    char *copy = fuzz_copy(bytes, false);
    enum status status = zone_parse("fuzzed", bytes_of(copy, bytes.size), &zone, &error);
    FUZZ_CHECK(status == ST_OK || strstr(error.text, "fuzzed"), "a refusal names the zone");
    for (int i = 0; i < TIMES && status == ST_OK; i++) {
        check_offset(zone_offset(zone, times_s[i]));
        int64_t there = zone_to_utc(zone, times_s[i]);
        FUZZ_CHECK(there > times_s[i] - 16 * DAY_S && there < times_s[i] + 16 * DAY_S,
                   "a local time is that of a moment near it");
    }
    if (status == ST_OK) zone_free(zone);
    free(copy);
}

static void try_rule(struct bytes bytes)
{
    struct posix_tz tz;
    char *text = fuzz_copy(bytes, true);
    if (posix_tz_parse(text, &tz))
        for (int i = 0; i < TIMES; i++)
            check_offset(posix_tz_offset(&tz, times_s[i]));
    free(text);
}

static void try_cron(struct bytes bytes)
{
    struct error error = {0};
    struct cron cron;
    struct zone *utc;
    char *text = fuzz_copy(bytes, true);
    FUZZ_CHECK(zone_open("UTC", &utc, &error) == ST_OK, "there is UTC");
    enum status status = cron_parse(text, &cron, &error);
    FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
    for (int i = 1; i < TIMES && status == ST_OK; i++) {
        int64_t after = times_s[i] * 1000, next = cron_next(&cron, utc, after);
        if (next == INT64_MAX) continue;
        FUZZ_CHECK(next > after && next % MINUTE_MS == 0, "a whole minute later");
        FUZZ_CHECK(cron_next(&cron, utc, next - 1) == next, "found from just before it as well");
        FUZZ_CHECK(cron.minutes >> next / MINUTE_MS % 60 & 1, "at a minute that was asked for");
    }
    zone_free(utc);
    free(text);
}

static void try_schedule(struct bytes bytes)
{
    struct error error = {0};
    struct schedule *schedule, *again;
    char *text = fuzz_copy(bytes, true);
    enum status status = schedule_new(text, &schedule, &error);
    FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
    if (status == ST_OK) {
        const int64_t now = INT64_C(1789000000000);
        int64_t due = schedule_due(schedule, now, now);
        FUZZ_CHECK(due > now, "what was just done is due later");
        FUZZ_CHECK(schedule_is_off(schedule) ? due == INT64_MAX : due != INT64_MIN, "off is off");
        FUZZ_CHECK(schedule_new(schedule_text(schedule), &again, &error) == ST_OK,
                   "its usual form is a schedule: %s", schedule_text(schedule));
        FUZZ_CHECK(!strcmp(schedule_text(again), schedule_text(schedule)), "and stays as it is");
        FUZZ_CHECK(schedule_due(again, now, now) == due, "and is due when it was");
        schedule_free(again);
        schedule_free(schedule);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    unsigned kind = fuzz_u8(&in) % 4;
    struct bytes rest = fuzz_bytes(&in, size);
    if (kind == 0)
        try_file(rest);
    else if (kind == 1)
        try_rule(rest);
    else if (kind == 2)
        try_cron(rest);
    else
        try_schedule(rest);
    return 0;
}
