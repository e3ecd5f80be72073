/* Memory for what one piece of work builds and drops: the trees that jansson makes of an answer are
 * thousands of small blocks, all freed before the step of the plugin that read it ends. Between
 * region_enter and region_leave this thread's blocks lie one after the other, freeing one counts
 * it, and the end takes them back all at once: no lists of holes, no lock for each, and nothing
 * that lives long ever lies between them.
 *
 * For json_set_alloc_funcs and its like: region_free takes what region_alloc gave, on any thread,
 * at any time. A block that outlives its work is no error: its region rests until the last one
 * was freed. Outside of work, and where a region is full, it is mem_bare. */
#ifndef STOCKD_BASE_REGION_H
#define STOCKD_BASE_REGION_H

#include <stddef.h>

void region_enter(void); /* once for each thread: not within itself */
void region_leave(void); /* nothing without region_enter */

void *region_alloc(size_t size); /* not zeroed; aligned for any type */
void region_free(void *at);

#endif
