/* The shop. */
#include "token_shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the shop */

static struct shop_answer say(int status, const char *body)
{
    struct shop_answer answer = {.status = status};
    snprintf(answer.body, sizeof answer.body, "%s", body);
    return answer;
}

static struct shop_answer give_pair(struct token_shop *s, int64_t now_ms)
{
    struct shop_answer answer = {.status = 200};
    s->pairs++;
    snprintf(s->access, sizeof s->access, "access-%llu", (unsigned long long)s->pairs);
    snprintf(s->refresh, sizeof s->refresh, "refresh-%llu", (unsigned long long)s->pairs);
    int64_t life = s->life_ms ? s->life_ms : SHOP_LIFE_MS;
    s->expires_ms = now_ms + life;
    snprintf(answer.body, sizeof answer.body, "%s %s %lld %lld", s->access, s->refresh,
             (long long)life, (long long)(s->grace_ms ? s->grace_ms : SHOP_GRACE_MS));
    return answer;
}

static struct shop_answer renew(struct token_shop *s, int64_t now_ms, const char *refresh)
{
    s->renewals++;
    if (!s->forget && s->pairs && strcmp(refresh, s->refresh) == 0) {
        memcpy(s->used, s->refresh, sizeof s->used);
        s->used_ms = now_ms;
        return give_pair(s, now_ms);
    }
    /* A repeat gives another pair; the one nobody stored is worth nothing any more. */
    if (!s->forget && s->used[0] && strcmp(refresh, s->used) == 0 &&
        now_ms - s->used_ms <= (s->grace_ms ? s->grace_ms : SHOP_GRACE_MS))
        return give_pair(s, now_ms);
    s->refusals++;
    return say(400, "invalid_grant");
}

/* The only one, or all of them, is read: not half of the way. */
static struct shop_answer page_of(struct token_shop *s, uint32_t page)
{
    char text[60];
    bool last = page + 1 >= s->pages;
    s->page_reads++;
    if (last) s->reads++;
    snprintf(text, sizeof text, "%lld%s%s%s", (long long)s->figure, last ? "" : " more",
             (last && s->last_empty) || s->unchanged ? " empty" : "",
             s->unchanged ? " unchanged" : "");
    return say(200, text);
}

static struct shop_answer orders_of(struct token_shop *s, int64_t now_ms, uint32_t page, bool sweep)
{
    if (s->order_reads < SHOP_ORDER_TIMES) s->order_ms[s->order_reads] = now_ms;
    s->order_reads++;
    s->order_page = page;
    if (s->order_patience && s->order_reads % s->order_patience == 0) return say(503, "later");
    if (page < s->order_pages)
        return say(200, s->order_slowly ? "more slowly" : s->order_dearly ? "more dearly" : "more");
    if (sweep) s->order_sweeps++;
    bool spoilt = sweep && s->order_sweeps <= s->order_sweeps_spoilt;
    return say(200, spoilt ? "end null" : "end");
}

struct shop_answer token_shop_serve(struct token_shop *s, int64_t now_ms, const char *path,
                                    const char *bearer, const char *body)
{
    char want[60];
    if (strcmp(path, "/device") == 0) {
        s->pending = SHOP_PENDING;
        return say(200, "ABCD-1234");
    }
    if (strcmp(path, "/token") == 0 && strncmp(body, "device", 6) == 0) {
        if (s->deny_login) return say(403, "denied");
        return s->pending-- > 0 ? say(202, "pending") : give_pair(s, now_ms);
    }
    if (strcmp(path, "/token") == 0) return renew(s, now_ms, body + strlen("refresh_token="));
    snprintf(want, sizeof want, "Bearer %s", s->access);
    if (!s->pairs || !bearer || strcmp(bearer, want) != 0 || now_ms >= s->expires_ms) {
        s->denied++;
        return say(401, "who are you?");
    }
    if (s->forbidden && strncmp(path, s->forbidden, strlen(s->forbidden)) == 0) {
        s->forbidden_times++;
        s->forbidden_ms = now_ms;
        return say(403, "not for you");
    }
    if (strncmp(path, "/listings?page=", 15) == 0) return page_of(s, (uint32_t)atoi(path + 15));
    if (strncmp(path, "/orders?page=", 13) == 0)
        return orders_of(s, now_ms, (uint32_t)atoi(path + 13), strstr(path, "&sweep"));
    if (strcmp(path, "/warehouses") == 0 && s->no_list) {
        s->no_list_times++;
        return say(501, "there is no such list");
    }
    if (strcmp(path, "/warehouses") == 0) {
        s->reads++;
        s->warehouse_reads++;
        snprintf(want, sizeof want, "closed until %lld", (long long)s->closed_until_ms);
        return say(200, now_ms < s->closed_until_ms ? want : "open");
    }
    if (strcmp(path, "/stock") == 0 && now_ms < s->closed_until_ms) {
        s->closed_writes++;
        return say(409, "closed");
    }
    if (strcmp(path, "/stock") == 0 && s->busy_writes) {
        s->busy_writes--;
        return say(425, "too early");
    }
    if (strcmp(path, "/stock") == 0 && s->shuns_writes) {
        bool read = s->was_read;
        s->was_read = false;
        s->shunned += read;
        return read ? say(401, "who are you?") : say(428, "read it first");
    }
    if (strcmp(path, "/stock") == 0)
        s->figure = atoll(body);
    else
        s->reads++;
    s->was_read = true;
    snprintf(want, sizeof want, "%lld", (long long)s->figure);
    return say(200, want);
}
