/* A daemon without its main, on a thread of its own: store, engine, runtime, sync, imports and the
 * API on a socket; and a marketplace "shop" that answers as the test says.
 *
 * The shop has the warehouses w1 and w2 and the listings L-A, L-B, L-C with the SKUs A, B, C. With
 * `account`, one account "shop" is there, and active when api_fixture_open returns. */
#ifndef TEST_API_FIXTURE_H
#define TEST_API_FIXTURE_H

#include "api/api.h"
#include "base/buf.h"

#include "test_main.h"

enum shop_mood {
    SHOP_TAKES,   /* every figure */
    SHOP_REFUSES, /* every figure, with code and text */
    SHOP_LOSES,   /* the answers to writes */
    SHOP_SILENT,  /* does not answer writes until it is in another mood */
    SHOP_LOCKS,   /* answers everything 401 */
};

struct api_fixture;

struct api_fixture_options {
    bool account, dry_run, disabled;
};

struct api_fixture *api_fixture_open(const struct api_fixture_options *options);
/* Stops as the daemon does, and checks that nothing is left behind. */
void api_fixture_close(struct api_fixture *f);
const char *api_fixture_socket(const struct api_fixture *f);
const char *api_fixture_folder(const struct api_fixture *f);
void api_fixture_mood(struct api_fixture *f, enum shop_mood mood);
/* On the loop's thread: api_quiet. */
void api_fixture_quiet(struct api_fixture *f);

/* Asks in that language from now on ("ru"); NULL: in none. */
void api_fixture_speak(struct api_fixture *f, const char *language);
/* One request; the answer's text is the caller's to mem_free. `body` NULL: none. */
char *api_ask(struct api_fixture *f, const char *method, const char *path, const char *body,
              int *status);
/* Fails the test unless the answer has this status and its JSON has these members (others are
 * ignored; lists must be as long). `wanted` NULL: not looked at. */
void assert_api(struct api_fixture *f, const char *method, const char *path, const char *body,
                int status, const char *wanted);
/* A refusal with exactly this sentence. */
void assert_refused(struct api_fixture *f, const char *method, const char *path, const char *body,
                    int status, const char *code, const char *detail);
/* Sends a CSV. */
char *api_import(struct api_fixture *f, const char *query, const char *csv, int *status);
/* Is `wanted` found in `got`? */
bool json_has(const json_t *got, const json_t *wanted);

#endif
