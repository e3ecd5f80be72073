/* Pages made from text that is elsewhere: stockd-plugin(7) from the header that is its manual, and
 * pages of programs from a skeleton and their --help. */
#include "pages.h"

#include <string.h>

/* The words of the comment's line without " * " before them. */
static void comment_line(struct buf *out, const char *line, size_t size)
{
    while (size && (*line == ' ' || *line == '*')) {
        bool star = *line == '*';
        line++;
        size--;
        if (star) break;
    }
    if (size && *line == ' ') line++, size--;
    buf_add(out, line, size);
    buf_char(out, '\n');
}

void page_plugin(struct buf *out, const char *header)
{
    const char *end = strstr(header, "\n */\n");
    const char *at = strchr(header, '\n');
    struct buf comment;
    buf_init(&comment, PAGE_MAX);
    for (; end && at && at < end; at = strchr(at + 1, '\n'))
        comment_line(&comment, at + 1, strcspn(at + 1, "\n"));
    roff_title(out, "stockd-plugin", 7, "the interface between stockd and its plugins");
    roff_section(out, "SYNOPSIS");
    buf_text(out, "\\fB#include <stockd/plugin.h>\\fR\n.PP\n"
                  "\\fBextern const struct stockd_plugin stockd_plugin;\\fR\n.PP\n"
                  "\\fBcc \\-shared \\-fPIC \\-fvisibility=hidden \\-o NAME.so NAME.c "
                  "$(pkg\\-config \\-\\-cflags stockd\\-sdk)\\fR\n");
    roff_section(out, "DESCRIPTION");
    roff_lines(out, buf_cstr(&comment), comment.size);
    roff_section(out, "THE HEADER");
    if (end) roff_lines(out, end + 5, strlen(end + 5));
    roff_section(out, "FILES");
    roff_tag(out, "/usr/lib/stockd/plugins/NAME.so", NULL);
    roff_text(out, "where stockd looks for plugins, unless `plugins` in stockd.conf(5) says "
                   "otherwise");
    roff_tag(out, "/usr/share/stockd/template", NULL);
    roff_text(out, "a whole plugin in one file, to begin from");
    roff_section(out, "SEE ALSO");
    buf_text(out, ".BR stockd\\-plugin\\-check (1),\n.BR stockd (8)\n");
    buf_free(&comment);
}

static void put_version(struct buf *out, const char *line, size_t size)
{
    static const char mark[] = "@VERSION@";
    const char *at = memmem(line, size, mark, sizeof mark - 1);
    if (at) {
        buf_add(out, line, (size_t)(at - line));
        buf_text(out, STOCKD_VERSION);
        size -= (size_t)(at - line) + sizeof mark - 1;
        line = at + sizeof mark - 1;
    }
    buf_add(out, line, size);
}

void page_program(struct buf *out, const char *skeleton, const char *help)
{
    static const char mark[] = "@HELP@\n";
    for (const char *line = skeleton; *line;) {
        size_t size = strcspn(line, "\n");
        size += line[size] == '\n';
        if (size == sizeof mark - 1 && memcmp(line, mark, size) == 0)
            roff_lines(out, help, strlen(help));
        else
            put_version(out, line, size);
        line += size;
    }
}
