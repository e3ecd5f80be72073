/* Escaping and the few macros that the pages need. */
#include "pages.h"

#include <string.h>

static void put(struct buf *out, char c)
{
    switch (c) {
    case '\\': buf_text(out, "\\e"); break;
    case '-': buf_text(out, "\\-"); break;
    case '\'': buf_text(out, "\\(aq"); break;
    case '`': buf_text(out, "\\(ga"); break;
    case '^': buf_text(out, "\\(ha"); break;
    case '~': buf_text(out, "\\(ti"); break;
    case '|': buf_text(out, "|\\:"); break; /* a line may be broken here */
    default: buf_char(out, c);
    }
}

/* Within the argument of a macro. */
static void put_quoted(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (*text == '"')
            buf_text(out, "\\(dq");
        else
            put(out, *text);
}

void roff_title(struct buf *out, const char *name, int section, const char *what)
{
    buf_format(out,
               "'\\\" -*- coding: UTF-8 -*-\n"
               ".\\\" Made by packaging/pages from the program's own tables.\n"
               ".TH \"%s\" %d \"\" \"stockd %s\" \"stockd\"\n.nh\n.ad l\n.SH NAME\n",
               name, section, STOCKD_VERSION);
    put_quoted(out, name);
    buf_text(out, " \\- ");
    roff_text(out, what);
}

void roff_section(struct buf *out, const char *title)
{
    buf_format(out, ".SH \"%s\"\n", title);
}

void roff_text(struct buf *out, const char *text)
{
    bool start = true, bold = false;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\'')) buf_text(out, "\\&");
        if (*text == '`') {
            bold = !bold;
            buf_text(out, bold ? "\\fB" : "\\fR");
        } else {
            put(out, *text);
        }
        start = *text == '\n';
    }
    if (bold) buf_text(out, "\\fR");
    buf_char(out, '\n');
}

void roff_lines(struct buf *out, const char *text, size_t size)
{
    buf_text(out, ".nf\n");
    bool start = true;
    for (size_t i = 0; i < size; i++) {
        if (start) buf_text(out, "\\&");
        put(out, text[i]);
        start = text[i] == '\n';
    }
    if (!start) buf_char(out, '\n');
    buf_text(out, ".fi\n");
}

void roff_tag(struct buf *out, const char *bold, const char *value)
{
    buf_text(out, ".TP\n\\fB");
    put_quoted(out, bold);
    buf_text(out, "\\fR");
    if (value && *value) {
        buf_text(out, " \\fI");
        put_quoted(out, value);
        buf_text(out, "\\fR");
    }
    buf_char(out, '\n');
}
