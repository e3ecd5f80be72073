/* Tokens of the API: what a program shows over TCP to be let in (TABLE_API_TOKEN: name -> record).
 * The token itself is nowhere: kept is its hash, BLAKE2b of its text. Who made which and who took
 * it back is in the log of commands, like every other change. */
#ifndef STOCKD_ENGINE_API_TOKEN_H
#define STOCKD_ENGINE_API_TOKEN_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "store/store.h"

enum {
    API_TOKENS_MAX = 256,    /* each request's token is held against all of them */
    API_TOKEN_NAME_MAX = 32, /* bytes: it is the actor of commands, as "token:NAME" */
};

/* The numbers are stored; each may do what the one before may. */
enum api_token_scope { API_TOKEN_READ = 1, API_TOKEN_WRITE = 2, API_TOKEN_ADMIN = 3 };

struct api_token {
    struct bytes name;
    enum api_token_scope scope;
    int64_t created_ms, expires_ms; /* 0: never */
    struct bytes hash;              /* DIGEST_SIZE bytes */
    struct bytes actor;             /* who made it */
};

/* What a row holds; points into it. ST_DAMAGED. */
enum status api_token_read(struct bytes key, struct bytes value, struct api_token *token);
/* All of them, in the order of their names. The callback returns false to stop. */
enum status api_tokens_each(struct store_txn *txn,
                            bool (*each)(void *ctx, const struct api_token *token), void *ctx);

/* COMMAND_TOKEN_ADD: ST_EXISTS for a name that is taken. `created_ms` and `actor` are the
 * command's. */
void command_token_add(struct buf *out, const struct api_token *token);
/* COMMAND_TOKEN_REVOKE */
void command_token_revoke(struct buf *out, struct bytes name);

#endif
