/* Randomness as a value: a seeded xoshiro256** (Blackman and Vigna, prng.di.unimi.it), so that the
 * simulator replays. Not for secrets. One thread per generator. */
#ifndef STOCKD_BASE_RANDOM_H
#define STOCKD_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t s[4];
};

void random_seed(struct random *random, uint64_t seed);
void random_seed_system(struct random *random); /* from getrandom(2) */
uint64_t random_u64(struct random *random);
uint64_t random_below(struct random *random, uint64_t limit); /* 0 when limit is 0 */
/* `value` ± a fifth, so that many retries do not march in step. */
int64_t random_jitter(struct random *random, int64_t value);

#endif
