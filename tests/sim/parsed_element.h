/* Elements of lists that were read before. A list of orders or a page of offers mostly differs in
 * one element from what was told last: each element that is an object is kept with its text, and
 * given out again, with one more reference, where the same bytes come; in whatever list, for equal
 * bytes of an object are that object. It is found by how it begins, so that nobody has to look
 * where it ends. What is kept is bounded: an element that changed takes the place of what it was.
 * One thread; nobody changes an element. */
#ifndef SIM_PARSED_ELEMENT_H
#define SIM_PARSED_ELEMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By which an object that begins at `text` is found. */
uint64_t parsed_element_key(const char *text, size_t left);

/* A new reference to the element at `text`, which has `*size` bytes; NULL: it has to be read. Where
 * names must be `unique` it was read so. */
json_t *parsed_element_find(uint64_t key, const char *text, size_t left, bool unique, size_t *size);

/* Keeps what was read from so many bytes, if that is worth it. */
void parsed_element_keep(uint64_t key, const char *text, size_t size, bool unique, json_t *element);

void parsed_element_forget(void);

#endif
