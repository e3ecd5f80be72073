/* Mail by libcurl's easy interface. */
#include "net/mail.h"

#include "base/address.h"
#include "base/mem.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct sending {
    const struct net_mail *mail;
    size_t at;
    char *said;
};

static size_t give(char *to, size_t size, size_t count, void *ctx)
{
    struct sending *s = ctx;
    size_t n = size * count, left = s->mail->text.size - s->at;
    if (n > left) n = left;
    memcpy(to, (const char *)s->mail->text.data + s->at, n);
    s->at += n;
    return n;
}

/* Lines of the server: the last one is what it said. */
static size_t hear(char *line, size_t size, size_t count, void *ctx)
{
    struct sending *s = ctx;
    size_t n = size * count, end = n < NET_MAIL_SAID_MAX - 1 ? n : NET_MAIL_SAID_MAX - 1;
    if (n >= 3 && memcmp(line, "221", 3) == 0) return n; /* goodbye (RFC 5321, 4.2.3) */
    while (end && (unsigned char)line[end - 1] <= ' ')
        end--;
    for (size_t i = 0; i < end; i++)
        s->said[i] = line[i] < ' ' || line[i] == 0x7f ? ' ' : line[i];
    s->said[end] = 0;
    return n;
}

static int progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct sending *s = ctx;
    (void)a, (void)b, (void)c, (void)d;
    return s->mail->stop && atomic_load(s->mail->stop) ? 1 : 0;
}

static struct curl_slist *recipients(const char *to)
{
    struct curl_slist *list = NULL;
    for (int i = 0; *to && i < NET_MAIL_RECIPIENTS_MAX; i++) {
        to += strspn(to, ", \t");
        size_t size = strcspn(to, ", \t");
        char *one = mem_text_n(to, size);
        if (size) list = curl_slist_append(list, one);
        mem_free(one);
        to += size;
    }
    return list;
}

static void set_up(CURL *curl, const struct net_mail *mail, struct sending *s,
                   struct curl_slist *to)
{
    curl_easy_setopt(curl, CURLOPT_URL, mail->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)NET_MAIL_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(address_url_is_loopback(mail->url) ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (address_url_is_loopback(
            mail->url)) { /* a relay on this machine has no name to be verified */
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    }
    if (mail->user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, mail->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, mail->password ? mail->password : "");
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mail->from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, s);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, s);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

enum status net_mail_send(const struct net_mail *mail, char said[NET_MAIL_SAID_MAX])
{
    struct sending s = {.mail = mail, .said = said};
    char why[CURL_ERROR_SIZE] = "", heard[NET_MAIL_SAID_MAX];
    said[0] = 0;
    CURL *curl = curl_easy_init();
    struct curl_slist *to = recipients(mail->to);
    CURLcode code = curl && to ? CURLE_OK : CURLE_FAILED_INIT;
    if (code == CURLE_OK) {
        set_up(curl, mail, &s, to);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
        code = curl_easy_perform(curl);
    }
    if (code != CURLE_OK) {
        snprintf(heard, sizeof heard, "%s", said);
        snprintf(said, NET_MAIL_SAID_MAX, "%.130s%s%.130s", why[0] ? why : curl_easy_strerror(code),
                 heard[0] ? "; the server's last line: " : "", heard);
    }
    curl_slist_free_all(to);
    curl_easy_cleanup(curl);
    if (code == CURLE_ABORTED_BY_CALLBACK) return ST_CANCELLED;
    return code == CURLE_OK ? ST_OK : ST_IO;
}
