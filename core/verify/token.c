/* Verifying what the API keeps: each token, and each answer to a request with a key, can be read.
 */
#include "engine/api_token.h"
#include "engine/keyed.h"
#include "verify/rows.h"

static void check_token(struct verifying *v, struct bytes key, struct bytes value)
{
    struct api_token token;
    if (api_token_read(key, value, &token) != ST_OK)
        verify_finding(v, TABLE_API_TOKEN, "a token of the API cannot be read: revoke '%.*s'",
                       (int)key.size, (const char *)key.data);
}

static void check_answer(struct verifying *v, struct bytes key, struct bytes value)
{
    if (!keyed_row_is_good(key, value))
        verify_finding(v, TABLE_API_ANSWER, "an answer to a request with a key cannot be read");
}

void verify_tokens(struct verifying *v)
{
    verify_walk(v, TABLE_API_ANSWER, check_answer);
    verify_walk(v, TABLE_API_TOKEN, check_token);
}
