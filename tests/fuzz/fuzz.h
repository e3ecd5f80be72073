/* Fuzzing: every harness is one file fuzz_NAME.c with this one function. It takes any bytes, calls
 * what is to be tried through its public header, and ends the process by FUZZ_CHECK when something
 * does not hold that must hold for any bytes. It keeps no state that could make the same bytes
 * behave otherwise the next time (fuzz_api.c says why it does).
 *
 * Two mains: libFuzzer's (preset fuzz: clang, coverage, sanitizers), which looks for new inputs;
 * and replay.c in every other build, which gives the kept inputs of corpus/NAME and some mutations
 * of them, so that each build tests them without libFuzzer. */
#ifndef STOCKD_FUZZ_H
#define STOCKD_FUZZ_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The sentence says what must hold. */
#define FUZZ_CHECK(holds, ...)                                             \
    do {                                                                   \
        if (!(holds)) {                                                    \
            fprintf(stderr, "%s:%d: does not hold: ", __FILE__, __LINE__); \
            fprintf(stderr, __VA_ARGS__);                                  \
            fputc('\n', stderr);                                           \
            abort();                                                       \
        }                                                                  \
    } while (0)

/* Taking an input apart: what is missing reads as zero and empty. */
struct fuzz_input {
    const uint8_t *at, *end;
};

static inline size_t fuzz_left(const struct fuzz_input *in)
{
    return (size_t)(in->end - in->at);
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static inline struct bytes fuzz_bytes(struct fuzz_input *in, size_t size)
{
    if (size > fuzz_left(in)) size = fuzz_left(in);
    struct bytes bytes = bytes_of(in->at, size);
    in->at += size;
    return bytes;
}

/* A copy of its own, so that address sanitizer sees a reading past the end; NUL-terminated where
 * `text`. Free it. */
static inline char *fuzz_copy(struct bytes bytes, bool text)
{
    char *copy = malloc(bytes.size + text + !bytes.size);
    if (!copy) abort();
    if (bytes.size) memcpy(copy, bytes.data, bytes.size);
    if (text) copy[bytes.size] = '\0';
    return copy;
}

#endif
