/* What answers say in headers: Retry-After, dates, what is left of a limit. Input: the headers as
 * lines "Name: value". */
#include "fuzz.h"

#include "net/retry_after.h"

enum { LINES_MAX = 16 };
#define NOW INT64_C(1789000000000)

static size_t split(char *text, struct net_header headers[LINES_MAX])
{
    size_t count = 0;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line && count < LINES_MAX;
         line = strtok_r(NULL, "\n", &save)) {
        char *value = strchr(line, ':');
        if (!value) continue;
        *value++ = '\0';
        while (*value == ' ')
            value++;
        headers[count++] = (struct net_header){.name = line, .value = value};
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_header headers[LINES_MAX];
    char *text = fuzz_copy(bytes_of(data, size), true);
    struct net_answer answer = {.result = NET_ARRIVED, .status = 429, .headers = headers};
    answer.header_count = split(text, headers);
    int64_t until = retry_after_until(&answer, NOW);
    FUZZ_CHECK(until == 0 || (until >= NOW && until <= NOW + RETRY_AFTER_MAX_MS),
               "a wait of 0 to RETRY_AFTER_MAX_MS, not %lld", (long long)(until - NOW));
    FUZZ_CHECK(ratelimit_remaining(&answer) >= -1, "what is left is a number or not said");
    for (size_t i = 0; i < answer.header_count; i++) {
        int64_t date = http_date_parse(headers[i].value, NOW);
        int64_t wait = retry_after_parse(headers[i].value, date, NOW);
        FUZZ_CHECK(date >= -1, "no date before 1970");
        FUZZ_CHECK(wait == -1 || (wait >= NOW && wait <= NOW + RETRY_AFTER_MAX_MS),
                   "a wait of 0 to RETRY_AFTER_MAX_MS");
    }
    free(text);
    return 0;
}
