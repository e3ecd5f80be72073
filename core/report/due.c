/* When a report is due, and what time it is of: kept in the store. */
#include "report/reports.h"

#include "base/bytes.h"
#include "schedule/civil.h"
#include "schedule/zone.h"

#include <stdio.h>

/* Rows of TABLE_META: when it was appointed last, and up to when it was told; u64 ms. */
static const char *const keys[REPORT_KINDS] = {"report-daily", "report-weekly"};

struct told {
    int64_t appointed_ms, until_ms;
};

static bool told_get(struct store_txn *txn, enum report_kind kind, struct told *told)
{
    struct bytes value;
    if (store_get(txn, TABLE_META, bytes_text(keys[kind]), &value) != ST_OK || value.size != 16)
        return false;
    told->appointed_ms = (int64_t)bytes_get_u64(value.data);
    told->until_ms = (int64_t)bytes_get_u64((const uint8_t *)value.data + 8);
    return true;
}

static void told_put(struct store_txn *txn, enum report_kind kind, const struct told *told)
{
    uint8_t value[16];
    bytes_put_u64(value, (uint64_t)told->appointed_ms);
    bytes_put_u64(value + 8, (uint64_t)told->until_ms);
    store_put(txn, TABLE_META, bytes_text(keys[kind]), bytes_of(value, sizeof value));
}

/* Midnight there, so many days before the day of that time. */
static int64_t midnight(const struct zone *zone, int64_t now_ms, int64_t days_before)
{
    const int64_t now_s = now_ms / 1000, local = now_s + zone_offset(zone, now_s);
    const int64_t day = local / CIVIL_DAY_S - days_before;
    return zone_to_utc(zone, day * CIVIL_DAY_S) * 1000;
}

static uint32_t queue(struct store_txn *txn, const struct alert_report *report,
                      const char *const *channels, size_t count, int64_t now_ms)
{
    uint32_t lost = 0;
    for (size_t i = 0; i < count; i++)
        lost += !alert_out_report(txn, channels[i], report, now_ms);
    return lost;
}

bool reports_queue(struct store_txn *txn, enum report_kind kind, const struct schedule *schedule,
                   const char *zone_name, const char *const *channels, size_t channel_count,
                   int64_t now_ms, uint32_t *lost)
{
    struct zone *zone = NULL;
    struct told told;
    bool queued = false;
    if (zone_open(zone_name, &zone, NULL) != ST_OK && zone_open("UTC", &zone, NULL) != ST_OK)
        return false;
    const int64_t until_ms = midnight(zone, now_ms, 0);
    const bool known = told_get(txn, kind, &told);
    /* The first one is of what comes from now on; so is all when the clock was set back. */
    if (!known || told.appointed_ms > now_ms) {
        told = (struct told){now_ms, until_ms};
        told_put(txn, kind, &told);
    } else if (schedule_due(schedule, told.appointed_ms, now_ms) <= now_ms) {
        const int64_t most = kind == REPORT_DAILY ? REPORTS_DAILY_MOST : REPORTS_WEEKLY_MOST;
        struct alert_report report = {.from_ms = told.until_ms, .until_ms = until_ms};
        const int64_t first_ms = midnight(zone, now_ms, most);
        if (report.from_ms < first_ms) report.from_ms = first_ms;
        snprintf(report.zone, sizeof report.zone, "%s", zone_name);
        queued = report.from_ms < report.until_ms;
        if (queued) *lost = queue(txn, &report, channels, channel_count, now_ms);
        told = (struct told){now_ms, until_ms > told.until_ms ? until_ms : told.until_ms};
        told_put(txn, kind, &told);
    }
    zone_free(zone);
    return queued;
}
