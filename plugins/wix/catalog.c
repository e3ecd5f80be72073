/* Which catalogue the site has. V1 and V3 share no path and no id; a site is moved from V1 to V3
 * once and never back, without a word but a 428 to whoever still calls the old one. */
#include "wix.h"

#define STATE_CATALOG "catalog"

static const struct {
    const char *word;
    enum wix_catalog catalog;
} words[] = {{"V1_CATALOG", WIX_CATALOG_V1}, {"V3_CATALOG", WIX_CATALOG_V3}};

static enum wix_catalog catalog_of(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (size == strlen(words[i].word) && memcmp(word, words[i].word, size) == 0)
            return words[i].catalog;
    return WIX_CATALOG_NONE;
}

static enum wix_catalog stored(const struct stockd_call *call)
{
    size_t size;
    const void *data = call->host->state_get(call->ctx, STATE_CATALOG, &size);
    return data ? catalog_of(data, size) : WIX_CATALOG_NONE;
}

static enum stockd_verdict ask(const struct stockd_call *call, struct wix_gate *gate)
{
    gate->asking = 1;
    return wix_send(call, "GET", "/stores/v3/provision/version", NULL, false);
}

enum stockd_verdict wix_gate_recheck(const struct stockd_call *call, struct wix_gate *gate)
{
    gate->refused = 1;
    return ask(call, gate);
}

static enum stockd_verdict take_version(const struct stockd_call *call, struct wix_gate *gate,
                                        const json_t *doc, bool *begin)
{
    const char *word = kit_text(json_object_get(doc, "catalogVersion"), STOCKD_ID_MAX);
    if (!word) return kit_unreadable(call, "catalogVersion");
    if (strcmp(word, "STORES_NOT_INSTALLED") == 0)
        return kit_fail(call, STOCKD_FAIL_BLOCKED, word,
                        "the site has no Wix Stores: add the app in the site's dashboard, or "
                        "correct site-id");
    enum wix_catalog catalog = catalog_of(word, strlen(word));
    if (!catalog)
        return kit_fail(call, STOCKD_FAIL_UNSUPPORTED, word,
                        "this version of the plugin knows the catalogues V1 and V3 only");
    bool changed = catalog != stored(call);
    if (changed) call->host->state_put(call->ctx, STATE_CATALOG, word, strlen(word));
    call->host->epoch(call->ctx, word);
    gate->catalog = (uint8_t)catalog;
    if (!gate->refused) {
        *begin = true;
        return 0;
    }
    if (changed)
        return kit_fail(call, STOCKD_FAIL_RETRY, "catalog-changed",
                        "Wix moved this site to another catalogue: listings are read anew");
    return kit_fail(call, STOCKD_FAIL_RETRY, "failed-precondition",
                    "Wix refused a call with 428, and yet the catalogue is the one it was for");
}

enum stockd_verdict wix_gate(const struct stockd_call *call, struct wix_gate *gate, bool anew,
                             bool *begin)
{
    *begin = false;
    if (call->event == STOCKD_START) {
        gate->catalog = (uint8_t)stored(call);
        if (!gate->catalog || anew) return ask(call, gate);
        *begin = true;
        return 0;
    }
    if (!gate->asking) return 0;
    gate->asking = 0;
    json_t *doc;
    /* A 428 to this very question is no reason to ask it again. */
    enum stockd_verdict verdict = wix_read_answer(call, NULL, &doc);
    if (!doc) return verdict;
    verdict = take_version(call, gate, doc, begin);
    json_decref(doc);
    return verdict;
}
