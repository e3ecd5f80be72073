/* Memory. Running out of it ends the process with a message: a daemon that survives kill -9 at any
 * instruction loses nothing by that, and every path stays free of branches nobody can test. What
 * grows with input has a maximum of its own (base/buf.h), so a hostile answer cannot cause it. Any
 * thread. */
#ifndef STOCKD_BASE_MEM_H
#define STOCKD_BASE_MEM_H

#include <stddef.h>

/* First of main: how the allocator keeps what was freed. Its own rule is an arena for each thread,
 * so that eight workers that each built one large answer keep it eight times. */
void mem_few_arenas(void);
/* Gives pages that nothing lies on back to the kernel, where there are many: between what lives
 * long, the allocator keeps what a large answer once took. Some milliseconds, in which others wait
 * for memory; any thread. */
void mem_give_back(void);

void *mem_alloc(size_t size); /* zeroed; free with mem_free */
void *mem_array(size_t count, size_t size);
void *mem_resize(void *old, size_t size); /* new bytes are not zeroed */
char *mem_text(const char *text);         /* a copy; NULL gives NULL */
char *mem_text_n(const char *text, size_t size);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *at);

/* For libraries that take their memory from their user, and for what they allocated: some of them
 * go on with half a text where memory ends (jansson's parser), or send a request without what found
 * no room. mem_bare is not zeroed; mem_must gives `at` back, unless it is NULL. */
void *mem_bare(size_t size);
void *mem_must(void *at, const char *what);

#endif
