/* What the tests of every plugin ask of the SDK's test host. */
#include "plugin_fixture.h"

#include <dlfcn.h>
#include <stdio.h>

const struct stockd_plugin *fixture_load(const char *path)
{
    void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!file) fprintf(stderr, "%s\n", dlerror());
    assert_non_null(file);
    const struct stockd_plugin *plugin = dlsym(file, "stockd_plugin");
    assert_non_null(plugin);
    return plugin;
}

void fixture_end(struct check *host)
{
    for (size_t i = 0; i < host->problems.count; i++)
        fprintf(stderr, "problem: %s\n", host->problems.at[i]);
    assert_int_equal(host->problems.count, 0);
    check_free(host);
}

struct stockd_start fixture_start(enum stockd_operation operation)
{
    return (struct stockd_start){.size = sizeof(struct stockd_start), .operation = operation};
}

json_t *fixture_asked_json(const struct check *host)
{
    json_t *json = json_loads(check_request_body(host), 0, NULL);
    assert_non_null(json);
    return json;
}

void fixture_asked(const struct check *host, const char *path, const char *text)
{
    const struct stockd_request *request = check_request(host);
    assert_non_null(request);
    assert_string_equal(request->path, path);
    json_t *is = fixture_asked_json(host), *should = json_loads(text, 0, NULL);
    assert_non_null(should);
    if (!json_equal(is, should)) assert_string_equal(check_request_body(host), text);
    json_decref(is);
    json_decref(should);
}

const char *fixture_key_of(const struct stockd_listing *row, const char *kind)
{
    for (uint32_t i = 0; i < row->key_count; i++)
        if (strcmp(row->keys[i].kind, kind) == 0) return row->keys[i].value;
    return NULL;
}

bool fixture_completed(const struct check *host, enum stockd_scope scope, const char *id)
{
    for (size_t i = 0; i < host->completes.count; i++) {
        const struct check_complete *done = &host->completes.at[i];
        if (done->scope == scope && (!id || (done->id && strcmp(done->id, id) == 0))) return true;
    }
    return false;
}
