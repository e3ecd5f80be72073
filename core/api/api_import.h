/* Telling an import as it goes, whether its rows come from a file or from an account. For
 * core/api's own files only. */
#ifndef STOCKD_API_IMPORT_H
#define STOCKD_API_IMPORT_H

#include "api/api_private.h"
#include "intake/import.h"

struct importing {
    struct api *api;
    struct http_exchange *exchange;
    struct import *import;
    struct bytes part; /* of a file: what is left of it */
    bool last, streaming;
    bool only_asks; /* nothing is to come of it when nobody listens */
    int64_t told_us;
    struct digest *digest; /* of a file whose request has a key, or NULL */
};

/* Tells all that `import_events` says to the exchange, and ends with it; goes when it has ended. */
struct importing *importing_new(struct http_exchange *exchange);
struct import_events importing_events(struct importing *importing);

/* Begins an import from an account, and tells it. Texts of the options are copied. */
void importing_from_account(struct http_exchange *exchange, const struct import_options *options);

/* A job's row. [worker] */
json_t *import_job_json(uint64_t number, const struct import_job *job);
/* What an import from an account counted. */
json_t *import_shop_counts_json(const struct import_shop_counts *counts);

#endif
