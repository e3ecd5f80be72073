/* A store as an older version of stockd left it, from a file of stores/: lines "table NAME", and
 * below each its rows, key and value as hexadecimal digits ("-": no bytes). */
#ifndef STOCKD_TEST_OLD_STORE_H
#define STOCKD_TEST_OLD_STORE_H

#include "store/store.h"

/* Puts all its rows into the empty `store`, in one transaction; fails the test when it cannot.
 * Returns how many. */
size_t old_store_fill(struct store *store, const char *name);

#endif
