/* Verifying alerts: each can be read, and the index leads to each that is open and to no other. */
#include "engine/alert_row.h"
#include "verify/rows.h"

static bool head_of(struct bytes value, struct alert_row_head *head)
{
    struct wire_reader r = wire_reader(value);
    return alert_row_head_get(&r, head);
}

static void check_alert(struct verifying *v, uint64_t number, struct bytes value)
{
    struct alert_row_head head;
    struct bytes found;
    struct key at;
    if (!head_of(value, &head)) {
        verify_finding(v, TABLE_ALERT, "alert %llu cannot be read", (unsigned long long)number);
        return;
    }
    if (head.closed_ms) return;
    alert_row_open_key(&at, head.fingerprint);
    uint64_t named =
        verify_get(v, TABLE_ALERT, key_bytes(&at), &found) ? alert_row_open_number(found) : 0;
    if (named == number || v->status != ST_OK) return;
    verify_finding(v, TABLE_ALERT,
                   named ? "alert %llu is open, and the index of open ones names alert %llu for it"
                         : "alert %llu is open, and not in the index of open ones",
                   (unsigned long long)number, (unsigned long long)named);
}

static void check_index(struct verifying *v, struct bytes key, struct bytes value)
{
    struct alert_row_head head;
    struct bytes row;
    struct key at;
    const struct bytes fingerprint = bytes_of((const uint8_t *)key.data + 1, key.size - 1);
    const uint64_t number = alert_row_open_number(value);
    alert_row_number_key(&at, number);
    bool there = number && verify_get(v, TABLE_ALERT, key_bytes(&at), &row);
    if (v->status != ST_OK) return;
    if (!there || !head_of(row, &head) || head.closed_ms ||
        !bytes_equal(head.fingerprint, fingerprint))
        verify_finding(
            v, TABLE_ALERT, "the index of open ones has '%.*s' as alert %llu, which is not open",
            (int)fingerprint.size, (const char *)fingerprint.data, (unsigned long long)number);
}

static void check_row(struct verifying *v, struct bytes key, struct bytes value)
{
    const uint8_t kind = *(const uint8_t *)key.data;
    const uint64_t number = alert_row_number(key);
    if (number)
        check_alert(v, number, value);
    else if (kind == ALERT_ROW_OPEN)
        check_index(v, key, value);
    else if (kind != ALERT_ROW_DAYS)
        verify_finding(v, TABLE_ALERT, "a row is neither an alert nor of the index of open ones");
}

void verify_alerts(struct verifying *v)
{
    verify_walk(v, TABLE_ALERT, check_row);
}
