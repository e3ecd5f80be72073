/* A plugin with the configuration of one account: option values, secrets apart from them, endpoint
 * addresses. Made at start and reload; operations that began with an older instance keep it alive.
 *
 * OWNERSHIP. Reference counted; what it returns lives as long as the caller's reference.
 * CONCURRENCY. Constant once made: any thread. */
#ifndef STOCKD_PLUGIN_INSTANCE_H
#define STOCKD_PLUGIN_INSTANCE_H

#include "base/buf.h"
#include "base/error.h"
#include "plugin/loader.h"

struct plugin_instance;

struct plugin_value {
    const char *name;
    const char *text;
};

/* All copied. Secrets are values like the others; the plugin's table tells them apart. */
struct plugin_settings {
    const char *account;
    const struct plugin_value *values; /* the plugin's keys of the account's section, as written */
    size_t value_count;
    const struct plugin_value *endpoints; /* overrides: endpoint name, base address */
    size_t endpoint_count;
};

/* Checks names (with a suggestion), required ones, types, ranges, choices and addresses. NULL with
 * a sentence that names the option, for the caller to prefix with the file and line. */
struct plugin_instance *plugin_instance_new(const struct plugin *plugin,
                                            const struct plugin_settings *settings,
                                            struct error *error);
struct plugin_instance *plugin_instance_ref(struct plugin_instance *instance);
void plugin_instance_unref(struct plugin_instance *instance); /* NULL is fine */

const struct plugin *plugin_instance_plugin(const struct plugin_instance *instance);
const char *plugin_instance_account(const struct plugin_instance *instance);
/* Text or default; NULL when absent, unknown or secret. */
const char *plugin_instance_option(const struct plugin_instance *instance, const char *name);
/* INT, BOOL (0, 1), DURATION (ms); 0 when absent. */
int64_t plugin_instance_option_int(const struct plugin_instance *instance, const char *name);
/* A secret option's value, to fill into what leaves; NULL when absent or not a secret. */
const char *plugin_instance_secret(const struct plugin_instance *instance, const char *name);
/* Changes when an option or an endpoint does; never 0. Says nothing of their values. */
uint64_t plugin_instance_print(const struct plugin_instance *instance);
/* "https://api.example.com", without a slash at the end. NULL past the end of the table. */
const char *plugin_instance_endpoint(const struct plugin_instance *instance, uint32_t index);

/* One value against its option's type; what configuration calls before anything is loaded into an
 * account. `number` (may be NULL) gets INT, BOOL and DURATION. */
enum status plugin_option_check(const struct stockd_option *option, const char *text,
                                int64_t *number, struct error *error);

/* "plugin/bucket/option values.../seller", with '/' and '%' of values escaped: equal keys share one
 * bucket. `seller` is the identity last reported, or NULL when not known yet (the account's own
 * name then stands in for it). */
bool plugin_bucket_key(const struct plugin_instance *instance, uint32_t bucket, const char *seller,
                       struct buf *out);

/* The whole address of a request. */
bool plugin_request_url(const struct plugin_instance *instance,
                        const struct stockd_request *request, struct buf *out);

/* The bytes that leave: the body with "{secret:NAME}" and "{refresh:NAME}" filled in. `find` gives
 * the secret or NULL. Only needed where plugin_request_fills says so; what is written so must never
 * be recorded or logged. ST_NOT_FOUND names the one that is missing. Any thread. */
typedef const char *plugin_secret_fn(void *ctx, const char *name, bool refresh);
bool plugin_request_fills(const struct stockd_request *request);
enum status plugin_request_fill(const struct stockd_request *request, plugin_secret_fn *find,
                                void *ctx, struct buf *out, struct error *error);

#endif
