/* Manual pages and shell completion, made from the tables that the programs themselves read. What a
 * page says beyond a table is in the skeletons beside this file. */
#ifndef STOCKD_PACKAGING_PAGES_H
#define STOCKD_PACKAGING_PAGES_H

#include "base/buf.h"

#include <stddef.h>

enum { PAGE_MAX = 4 << 20 }; /* bytes of one page */

/* ---- roff.c: text into the language of man pages */

void roff_title(struct buf *out, const char *name, int section, const char *what);
void roff_section(struct buf *out, const char *title);
/* Running text of one paragraph: every character means itself, `...` is bold. */
void roff_text(struct buf *out, const char *text);
/* Lines as they stand. */
void roff_lines(struct buf *out, const char *text, size_t size);
/* The head of an indented paragraph: `bold` and, in italics, `value` (or NULL). */
void roff_tag(struct buf *out, const char *bold, const char *value);

/* ---- the pages */

void page_stockctl(struct buf *out);
void page_conf(struct buf *out);
/* `header` is the text of stockd/plugin.h. */
void page_plugin(struct buf *out, const char *header);
/* A skeleton whose line "@HELP@" becomes what the program says to --help, and "@VERSION@" the
 * version. */
void page_program(struct buf *out, const char *skeleton, const char *help);

/* ---- completion of stockctl */

void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);

#endif
