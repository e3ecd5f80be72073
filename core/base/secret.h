/* Secrets made here: random bytes of the kernel's as text that can stand in a header, a path or a
 * shell word. Any thread. */
#ifndef STOCKD_BASE_SECRET_H
#define STOCKD_BASE_SECRET_H

enum { SECRET_BYTES = 32, SECRET_TEXT = 43 }; /* base64url without padding */

void secret_make(char out[SECRET_TEXT + 1]);

#endif
