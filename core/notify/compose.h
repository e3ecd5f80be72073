/* From a group of news to a message, and from a message to what each kind of channel wants. Pure
 * but for reading alerts in the caller's transaction. */
#ifndef STOCKD_NOTIFY_COMPOSE_H
#define STOCKD_NOTIFY_COMPOSE_H

#include "notify/alert.h"
#include "notify/messages.h"
#include "schedule/zone.h"

enum {
    COMPOSE_LINES_MAX = 20, /* of one message; the rest is counted */
    COMPOSE_TEXT_MAX = 16 * 1024,
    COMPOSE_BODY_MAX = 16 << 20, /* a report of 256 accounts is two megabytes */
    TELEGRAM_TEXT_MAX = 4096,    /* characters of a message (Bot API, sendMessage) */
};

struct message {
    char *subject, *text; /* UTF-8, lines end with \n */
    char *html;           /* the same for mail clients, or NULL */
    char *brief;          /* the same in short, for Telegram; NULL: the text */
    char *facts;          /* JSON for programs: see docs/alerts.md */
};
enum status compose_group(struct store_txn *txn, const struct alert_group *group,
                          enum alert_lang lang, const struct zone *zone, int64_t now_ms,
                          struct message *message, struct error *error);
void compose_test(enum alert_lang lang, const char *channel, int64_t now_ms,
                  struct message *message);
void message_free(struct message *message);

/* An RFC 5322 message with CRLF. `id`: unique. */
void compose_mail(struct buf *out, const struct message *message, const char *from, const char *to,
                  int64_t now_ms, const char *id);
/* The body of sendMessage; a text that is too long is cut. */
char *compose_telegram(const struct message *message, const char *chat);

#endif
