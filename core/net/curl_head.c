/* The headers of an answer: the last block's, bounded. */
#include "net/curl_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* All blocks together (1xx answers, trailers): past it somebody is playing games. */
enum { HEAD_SEEN_MAX = 256 * 1024 };

void head_init(struct head *head)
{
    head->count = head->seen_bytes = 0;
    buf_init(&head->text, NET_ANSWER_HEADER_BYTES_MAX);
}

void head_free(struct head *head)
{
    buf_free(&head->text);
}

static void add(struct head *head, const char *line, size_t name_size, size_t size)
{
    size_t at = name_size + 1, end = size;
    while (at < end && (line[at] == ' ' || line[at] == '\t'))
        at++;
    while (end > at && isspace((unsigned char)line[end - 1]))
        end--;
    size_t need = name_size + 1 + (end - at) + 1;
    if (head->count == NET_ANSWER_HEADERS_MAX || need > head->text.max - head->text.size) return;
    head->at[head->count][0] = (uint32_t)head->text.size;
    buf_add(&head->text, line, name_size);
    buf_char(&head->text, 0);
    head->at[head->count++][1] = (uint32_t)head->text.size;
    buf_add(&head->text, line + at, end - at);
    buf_char(&head->text, 0);
}

bool head_line(struct head *head, const char *line, size_t size)
{
    head->seen_bytes += size;
    if (head->seen_bytes > HEAD_SEEN_MAX) return false;
    if (size > 5 && strncasecmp(line, "HTTP/", 5) == 0) { /* another block: 100, 103, then ours */
        head->count = 0;
        buf_reset(&head->text);
        head->ended = false;
        return true;
    }
    if (size <= 2 && (line[0] == '\r' || line[0] == '\n')) head->ended = true;
    const char *colon = memchr(line, ':', size);
    bool printable = !memchr(line, 0, size);
    if (colon && colon > line && printable) add(head, line, (size_t)(colon - line), size);
    return true;
}

const struct net_header *head_list(struct head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        head->headers[i] = (struct net_header){
            .name = head->text.data + head->at[i][0],
            .value = head->text.data + head->at[i][1],
        };
    }
    return head->headers;
}

const char *head_find(const struct head *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (strcasecmp(head->text.data + head->at[i][0], name) == 0)
            return head->text.data + head->at[i][1];
    return NULL;
}
