/* Verifying the tokens of the API: each row can be read. */
#include "engine/api_token.h"
#include "engine/verify_rows.h"

static void check_token(struct verifying *v, struct bytes key, struct bytes value)
{
    struct api_token token;
    if (api_token_read(key, value, &token) != ST_OK)
        verify_finding(v, TABLE_API_TOKEN, "a token of the API cannot be read: revoke '%.*s'",
                       (int)key.size, (const char *)key.data);
}

void verify_tokens(struct verifying *v)
{
    verify_walk(v, TABLE_API_TOKEN, check_token);
}
