/* Memory of the JSON trees: thousands of small blocks for each answer, made, read once and freed.
 * They are laid one after the other, so that a tree is read and freed in the order of its memory,
 * and what was freed is taken again while it is still at hand. For json_set_alloc_funcs. One
 * thread; nothing is given back to the kernel before the end. */
#ifndef SIM_BLOCKS_H
#define SIM_BLOCKS_H

#include <stddef.h>

void *blocks_alloc(size_t size); /* not zeroed; aligned for any type */
void blocks_free(void *at);      /* NULL is fine */

#endif
