/* Stored quota state: any bytes are merged or refused, and afterwards the bucket holds what can be
 * held. Input: kind (1), amount (1), window (1), charges made before (1), the stored bytes. */
#include "fuzz.h"

#include "net/quota.h"

#define NOW INT64_C(1789000000000)

static void charge(struct quota_book *book, struct quota_bucket *bucket, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        struct quota_claim claim = {.charges = {{bucket, 1, 0}}, .charge_count = 1};
        if (!quota_claim(book, &claim, NOW + i)) {
            quota_cancel(book, &claim, NOW + i);
            return;
        }
        quota_finish(book, &claim, NOW + i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    struct quota_spec spec = {.kind = (enum quota_kind)(QUOTA_TOKENS + fuzz_u8(&in) % 3)};
    spec.amount = 1 + fuzz_u8(&in);
    spec.per_ms = (1 + fuzz_u8(&in)) * INT64_C(500);
    unsigned times = fuzz_u8(&in) % 8;
    struct bytes rest = fuzz_bytes(&in, size);
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "p/b/k", "b", &spec);
    charge(book, bucket, times);
    char *copy = fuzz_copy(rest, false);
    struct quota_view view;
    bool merged = quota_decode(bucket, bytes_of(copy, rest.size), NOW + 10);
    quota_view(bucket, NOW + 10, &view);
    FUZZ_CHECK(view.free <= quota_capacity(bucket), "%lld free of %lld", (long long)view.free,
               (long long)quota_capacity(bucket));
    FUZZ_CHECK(view.closed_until_ms <= NOW + 10 + QUOTA_CLOSE_MAX_MS, "closed for a day at most");
    if (!merged && spec.kind != QUOTA_IN_FLIGHT)
        FUZZ_CHECK(view.free <= 0, "what makes no sense counts as used up: %lld free",
                   (long long)view.free);

    /* What is written of it is taken back, and gives no more than there was. */
    struct buf out;
    buf_init(&out, QUOTA_STORED_MAX);
    FUZZ_CHECK(quota_encode(bucket, NOW + 10, &out), "a bucket fits QUOTA_STORED_MAX bytes");
    struct quota_book *later = quota_book_new();
    struct quota_bucket *again = quota_bucket(later, "p/b/k", "b", &spec);
    FUZZ_CHECK(quota_decode(again, bytes_of(out.data, out.size), NOW + 10),
               "what was written is read");
    struct quota_view after;
    quota_view(again, NOW + 10, &after);
    FUZZ_CHECK(after.free <= view.free || spec.kind == QUOTA_IN_FLIGHT,
               "%lld free after a restart, %lld before", (long long)after.free,
               (long long)view.free);
    quota_bucket_release(again);
    quota_book_free(later);
    buf_free(&out);
    quota_bucket_release(bucket);
    quota_book_free(book);
    free(copy);
    return 0;
}
