/* Whether a delivery is signed by who may tell, and of now. Pure. */
#include "api/api_hook_private.h"

#include "base/clock.h"
#include "base/hmac.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- time */

int64_t hook_time(const char *text)
{
    /* 12 digits are the year 33658 in seconds, and 2001 in milliseconds. */
    enum { DIGITS_MAX = 15, SECONDS_DIGITS = 11, S_MS = 1000 };
    size_t digits = strspn(text, "0123456789");
    if (text[digits] || digits == 0) return clock_parse(text);
    if (digits > DIGITS_MAX) return -1;
    int64_t number = strtoll(text, NULL, 10);
    return digits <= SECONDS_DIGITS ? number * S_MS : number;
}

bool hook_is_fresh(struct hook_request *r, int64_t time_ms)
{
    int64_t window = r->slot->settings.window_ms, off = r->now_ms - time_ms;
    if (time_ms > 0 && off <= window && off >= -window) return true;
    if (time_ms <= 0)
        snprintf(r->said, sizeof r->said,
                 "its time is neither seconds or milliseconds since 1970 nor RFC 3339");
    else
        snprintf(r->said, sizeof r->said,
                 "it was signed %lld s %s this machine's clock; the window is %lld s",
                 llabs((long long)off) / 1000, off > 0 ? "before" : "after",
                 (long long)window / 1000);
    return false;
}

/* ---- signature */

void hook_sign(const struct hook_slot *slot, const char *timestamp, const char *id,
               struct bytes body, uint8_t out[])
{
    struct bytes parts[5];
    size_t count = 0;
    enum api_hook_signs signs = slot->settings.signs;
    if (signs == API_HOOK_ID_TIME) {
        parts[count++] = bytes_text(id ? id : "");
        parts[count++] = bytes_text(".");
    }
    if (signs != API_HOOK_BODY) {
        parts[count++] = bytes_text(timestamp ? timestamp : "");
        parts[count++] = bytes_text(".");
    }
    parts[count++] = body;
    hmac_sha256(bytes_of(slot->key, slot->key_size), parts, count, out);
}

/* "sha256=...", "v1,...", "v1=...": what comes before the signature itself. */
static struct bytes without_scheme(const char *text, size_t size)
{
    static const char *const schemes[] = {"sha256=", "v1,", "v1="};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i]);
        if (size > n && strncasecmp(text, schemes[i], n) == 0) return bytes_of(text + n, size - n);
    }
    return bytes_of(text, size);
}

/* A header may hold several with blanks between: one that is right is enough. All are compared. */
static bool is_signed(const struct hook_request *r, const uint8_t right[HMAC_SIZE])
{
    bool good = false;
    const char *at = r->signature ? r->signature : "";
    for (int i = 0; i < HOOK_SIGNATURES_MAX && *at; i++) {
        uint8_t given[HMAC_SIZE] = {0};
        at += strspn(at, " ");
        size_t size = strcspn(at, " ");
        bool is_one = hmac_parse(without_scheme(at, size), r->slot->settings.base64, given);
        good |= hmac_equal(given, right) && is_one;
        at += size;
    }
    return good;
}

/* Where there is no such hook the work is the same, so that its time does not tell. */
static bool check_unknown(const struct hook_request *r)
{
    static uint8_t key[HMAC_SIZE];
    uint8_t mac[HMAC_SIZE];
    hmac_sha256(bytes_of(key, sizeof key), &r->body, 1, mac);
    return false;
}

enum hook_verdict hook_check(struct hook_request *r)
{
    uint8_t right[HMAC_SIZE];
    if (!r->slot) return check_unknown(r) ? HOOK_SIGNED : HOOK_UNSIGNED;
    hook_sign(r->slot, r->timestamp, r->id, r->body, right);
    if (!is_signed(r, right)) return HOOK_UNSIGNED;
    if (r->slot->settings.signs == API_HOOK_BODY) return HOOK_SIGNED;
    r->time_ms = hook_time(r->timestamp ? r->timestamp : "");
    return hook_is_fresh(r, r->time_ms) ? HOOK_SIGNED : HOOK_STALE;
}
