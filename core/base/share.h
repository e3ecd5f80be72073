/* Shares: a part of a whole, in millionths. Written by people as a percentage: "30%", "33.3%". */
#ifndef STOCKD_BASE_SHARE_H
#define STOCKD_BASE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARE_WHOLE UINT32_C(1000000)

/* More than nothing, at most the whole, no finer than a millionth. False: it is none, and `ppm` is
 * as it was. */
bool share_parse(const char *text, uint32_t *ppm);

/* "33.3%". Gives `text`. */
enum { SHARE_TEXT_MAX = 16 };
const char *share_text(uint32_t ppm, char text[SHARE_TEXT_MAX]);

/* A factor as people write it, "1", "0.5" or "1.25", in millionths, from 0 to `max` of them. */
bool share_parse_factor(const char *text, size_t size, uint32_t max, uint32_t *ppm);

#endif
