/* What an alert says to people: whatever a marketplace's words are, they stay words. No line of
 * theirs becomes a header of a mail, none is longer than a server takes, Telegram gets JSON.
 * Input: a subject, a line's end, a text; {account} and its like are filled in. */
#include "fuzz.h"

#include "notify/compose.h"

#include <jansson.h>

enum { MAIL_LINE_MAX = 998 /* RFC 5322, 2.1.1 */ };

static bool is_ours(const char *line)
{
    static const char *const names[] = {
        " ",           "From: ",         "To: ",           "Subject: ",      "Date: ",
        "Message-ID:", "Auto-Submitted", "MIME-Version: ", "Content-Type: ", "Content-Transfer-"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(line, names[i], strlen(names[i])) == 0) return true;
    return false;
}

static void check_mail(const struct message *message)
{
    struct buf out;
    buf_init(&out, 4 << 20);
    compose_mail(&out, message, "stockd@example.com", "shop@example.com", INT64_C(1789000000000),
                 "1");
    const char *at = buf_cstr(&out), *end;
    bool head = true;
    for (; *at; at = end + 2) {
        end = strstr(at, "\r\n");
        FUZZ_CHECK(end, "every line ends");
        size_t size = (size_t)(end - at);
        FUZZ_CHECK(size <= MAIL_LINE_MAX, "a line of %zu bytes", size);
        FUZZ_CHECK(!memchr(at, '\n', size) && !memchr(at, '\r', size), "lines end by both");
        if (size == 0) head = false;
        FUZZ_CHECK(!head || is_ours(at), "a header nobody wrote: %.*s", (int)size, at);
        for (size_t i = 0; i < size; i++)
            FUZZ_CHECK((unsigned char)at[i] < 0x80, "seven bits");
    }
    FUZZ_CHECK(!head, "the headers end");
    buf_free(&out);
}

static void check_telegram(const struct message *message)
{
    char *body = compose_telegram(message, "-100123");
    json_t *json = json_loads(body, 0, NULL);
    FUZZ_CHECK(json, "Telegram gets JSON: %.80s", body);
    size_t characters = 0;
    const char *text = json_string_value(json_object_get(json, "text"));
    for (; text && *text; text++)
        characters += ((unsigned char)*text & 0xc0) != 0x80;
    FUZZ_CHECK(characters <= TELEGRAM_TEXT_MAX, "and no more than it takes");
    json_decref(json);
    free(body);
}

static char *filled(const char *text)
{
    const struct alert_values values = {
        .account = "ozon-main", .what = "SKU-1\r\nBcc: x@example.com", .why = text, .count = -1};
    struct buf out;
    buf_init(&out, 1 << 20);
    alert_fill(&out, text, &values);
    char *copy = fuzz_copy(bytes_of(out.data, out.size), true);
    buf_free(&out);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(bytes_of(data, size), true), *rest = text;
    char *subject = strsep(&rest, "\n");
    struct message message = {.subject = filled(subject), .text = filled(rest ? rest : "")};
    check_mail(&message);
    check_telegram(&message);
    free(message.subject);
    free(message.text);
    free(text);
    return 0;
}
