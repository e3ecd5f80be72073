/* One message to one channel, by HTTP or mail. */
#include "notify/notify_private.h"

#include "base/mem.h"
#include "net/mail.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char telegram_url[] = "https://api.telegram.org";

enum { ANSWER_MAX = 64 * 1024, STATUS_GOOD = 200, STATUS_GOOD_END = 300 };

/* ---- settings of its own */

static void wipe(const char *text)
{
    if (text) explicit_bzero((char *)(uintptr_t)text, strlen(text));
    mem_free((char *)(uintptr_t)text);
}

void notify_channel_copy(struct notify_channel *to, const struct notify_channel *from)
{
    *to = *from;
    to->name = mem_text(from->name);
    to->url = mem_text(from->url);
    to->from = mem_text(from->from);
    to->to = mem_text(from->to);
    to->user = mem_text(from->user);
    to->password = mem_text(from->password);
    to->token = mem_text(from->token);
    to->chat = mem_text(from->chat);
    to->secret = mem_text(from->secret);
}

void notify_channel_free(struct notify_channel *channel)
{
    const char *const texts[] = {channel->name, channel->url,   channel->from,
                                 channel->to,   channel->user,  channel->password,
                                 channel->chat, channel->token, channel->secret};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        wipe(texts[i]);
    *channel = (struct notify_channel){0};
}

struct delivery *delivery_new(struct notify *notify, const struct notify_channel *to)
{
    struct delivery *delivery = mem_alloc(sizeof *delivery);
    delivery->notify = notify;
    notify_channel_copy(&delivery->to, to);
    delivery->lang = notify->lang;
    delivery->zone = mem_text(notify->zone_name);
    delivery->next = notify->deliveries;
    notify->deliveries = delivery;
    notify->serial++;
    return delivery;
}

/* `ended` first: what it begins is counted before this one is over. */
static void end(struct delivery *delivery, bool good)
{
    struct notify *notify = delivery->notify;
    struct delivery **at = &notify->deliveries;
    while (*at != delivery)
        at = &(*at)->next;
    *at = delivery->next;
    delivery->ended(delivery, good, delivery->said);
    message_free(&delivery->message);
    notify_channel_free(&delivery->to);
    wipe(delivery->url);
    mem_free(delivery->body);
    mem_free(delivery->zone);
    mem_free(delivery);
    notify_ended(notify);
}

/* ---- HTTP */

/* Telegram says in its answer why it refused. */
static void say_answer(struct delivery *delivery, const struct net_answer *answer)
{
    json_t *json = json_loadb(answer->body.data, answer->body.size, 0, NULL);
    const char *why = json_string_value(json_object_get(json, "description"));
    snprintf(delivery->said, sizeof delivery->said, "HTTP %d%s%.200s", answer->status,
             why ? ": " : "", why ? why : "");
    json_decref(json);
}

static void on_answer(struct net_request *request, const struct net_answer *answer)
{
    struct delivery *delivery =
        (struct delivery *)((char *)request - offsetof(struct delivery, request));
    bool arrived = answer->result == NET_ARRIVED || answer->result == NET_TOO_LARGE;
    delivery->requested = false;
    if (arrived && answer->result == NET_ARRIVED)
        say_answer(delivery, answer);
    else
        snprintf(delivery->said, sizeof delivery->said, "%s",
                 answer->error ? answer->error : "no answer came");
    end(delivery, arrived && answer->status >= STATUS_GOOD && answer->status < STATUS_GOOD_END);
}

static void request_send(struct delivery *delivery)
{
    const struct notify_channel *to = &delivery->to;
    size_t count = 0;
    delivery->headers[count++] = (struct net_header){"Content-Type", "application/json", NULL, 0};
    if (to->type == NOTIFY_TELEGRAM) {
        const char *base = to->url && to->url[0] ? to->url : telegram_url;
        size_t size = strlen(base);
        while (size && base[size - 1] == '/')
            size--;
        delivery->url = mem_format("%.*s/bot%s/sendMessage", (int)size, base, to->token);
        delivery->body = compose_telegram(&delivery->message, to->chat);
    } else {
        delivery->url = mem_text(to->url);
        delivery->body = mem_text(delivery->message.facts);
        if (to->secret)
            delivery->headers[count++] = (struct net_header){
                "X-Stockd-Signature", delivery->body, to->secret, NET_SECRET_HMAC_SHA256_HEX};
    }
    /* No account: so nothing of it is recorded, of which an address with a token would be part. */
    delivery->request = (struct net_request){.method = "POST",
                                             .url = delivery->url,
                                             .headers = delivery->headers,
                                             .header_count = count,
                                             .body = bytes_text(delivery->body),
                                             .body_max = ANSWER_MAX,
                                             .timeout_ms = NOTIFY_TIMEOUT_MS,
                                             .done = on_answer};
    delivery->requested = true;
    transport_send(delivery->notify->options.transport, &delivery->request);
}

/* ---- mail */

static void mail_send(struct delivery *delivery)
{
    const struct notify_channel *to = &delivery->to;
    struct notify *notify = delivery->notify;
    int64_t now = notify_now_ms(notify);
    char id[64], said[NET_MAIL_SAID_MAX];
    struct buf text;
    snprintf(id, sizeof id, "%llx.%llx", (unsigned long long)now,
             (unsigned long long)(uintptr_t)delivery & 0xffffff);
    buf_init(&text, COMPOSE_BODY_MAX);
    compose_mail(&text, &delivery->message, to->from, to->to, now, id);
    const struct net_mail mail = {.url = to->url,
                                  .from = to->from,
                                  .to = to->to,
                                  .user = to->user,
                                  .password = to->password,
                                  .text = bytes_of(text.data, text.size),
                                  .stop = &notify->stop};
    delivery->status = net_mail_send(&mail, said);
    snprintf(delivery->said, sizeof delivery->said, "%s", said);
    buf_free(&text);
}

/* ---- */

static void work_run(struct work_task *task)
{
    struct delivery *delivery = (struct delivery *)((char *)task - offsetof(struct delivery, work));
    struct error error = {0};
    delivery->status = delivery->compose(delivery, &error);
    if (delivery->status != ST_OK)
        snprintf(delivery->said, sizeof delivery->said, "%.390s", error.text);
    else if (delivery->to.type == NOTIFY_EMAIL)
        mail_send(delivery);
}

static void work_done(struct work_task *task)
{
    struct delivery *delivery = (struct delivery *)((char *)task - offsetof(struct delivery, work));
    bool good = delivery->status == ST_OK;
    if (!good || delivery->to.type == NOTIFY_EMAIL) {
        end(delivery, good);
    } else if (delivery->notify->stopping) {
        snprintf(delivery->said, sizeof delivery->said, "the daemon is stopping");
        end(delivery, false);
    } else {
        request_send(delivery);
    }
}

void delivery_start(struct delivery *delivery)
{
    struct notify *notify = delivery->notify;
    notify->busy++;
    delivery->work = (struct work_task){.run = work_run, .done = work_done};
    notify->options.runtime->work_submit(notify->options.runtime, &delivery->work);
}

void deliveries_stop(struct notify *notify)
{
    for (struct delivery *d = notify->deliveries, *next; d; d = next) {
        next = d->next;
        if (!d->requested) continue;
        transport_cancel(notify->options.transport, &d->request);
        d->requested = false;
        snprintf(d->said, sizeof d->said, "the daemon is stopping");
        end(d, false);
    }
}
