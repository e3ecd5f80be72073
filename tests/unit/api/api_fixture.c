/* The fixture of the resources' tests. */
#include "api_fixture.h"

#include "backup/backups.h"
#include "base/mem.h"
#include "ctl/client.h"
#include "daemon/loop_runtime.h"
#include "engine/command.h"
#include "engine/directory.h"
#include "intake/import.h"
#include "net/recorder.h"
#include "store/lmdb_store.h"
#include "store/schema.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the shop as a plugin */

static const struct stockd_endpoint shop_endpoints[] = {
    {.name = "api", .base_url = "http://127.0.0.1:1"}};
static const struct stockd_bucket shop_buckets[] = {
    {.name = "all", .kind = STOCKD_BUCKET_WINDOW, .amount = 1000, .per_ms = 1000}};
static const struct stockd_route shop_routes[] = {
    {.name = "stock", .max_items = 100, .settle_ms = 1000, .per_request = {{.amount = 1}}}};

static enum stockd_verdict shop_send(const struct stockd_call *call, const char *path, bool write)
{
    struct stockd_request request = {.size = sizeof request, .method = "POST", .path = path};
    request.flags = write ? STOCKD_REQUEST_WRITE : 0;
    if (!write) request.charges[0].amount = 1;
    call->host->request(call->ctx, &request);
    return STOCKD_SEND;
}

static bool shop_answered(const struct stockd_call *call)
{
    return call->response->transport == STOCKD_ARRIVED && call->response->status == 200;
}

static enum stockd_verdict shop_warehouses(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return shop_send(call, "/warehouses", false);
    if (!shop_answered(call)) return STOCKD_DEFAULT;
    struct stockd_warehouse row = {.size = sizeof row, .name = "North", .writable = 1};
    row.id = "w1";
    call->host->warehouse(call->ctx, &row);
    row.id = "w2";
    row.name = "South";
    call->host->warehouse(call->ctx, &row);
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

static enum stockd_verdict shop_listings(const struct stockd_call *call)
{
    static const char *const skus[] = {"A", "B", "C"};
    if (call->event == STOCKD_START) return shop_send(call, "/listings", false);
    if (!shop_answered(call)) return STOCKD_DEFAULT;
    for (size_t i = 0; i < 3; i++) {
        char id[8];
        const struct stockd_key key = {.kind = "sku", .value = skus[i]};
        snprintf(id, sizeof id, "L-%s", skus[i]);
        struct stockd_listing row = {
            .size = sizeof row, .id = id, .keys = &key, .key_count = 1, .title = "Thing"};
        call->host->listing(call->ctx, &row);
    }
    call->host->complete(call->ctx, STOCKD_SCOPE_LISTINGS, NULL);
    return STOCKD_DONE;
}

static enum stockd_verdict shop_push(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return shop_send(call, "/stock", true);
    if (!shop_answered(call)) return STOCKD_DEFAULT;
    bool taken = call->response->body_size == 2;
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        struct stockd_outcome outcome = STOCKD_OUTCOME(taken ? STOCKD_OK : STOCKD_REJECTED);
        outcome.code = taken ? NULL : "NO_CARD";
        outcome.text = taken ? NULL : "the card is archived";
        call->host->outcome(call->ctx, i, &outcome);
    }
    return STOCKD_DONE;
}

/* It shows nobody its figures. */
static enum stockd_verdict shop_stock(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return shop_send(call, "/figures", false);
    return shop_answered(call) ? STOCKD_DONE : STOCKD_DEFAULT;
}

static enum stockd_verdict shop_check(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return shop_send(call, "/who", false);
    if (!shop_answered(call)) return STOCKD_DEFAULT;
    call->host->identity(call->ctx, "seller 7");
    call->host->ability(call->ctx, STOCKD_PUSH_STOCK, 1, NULL);
    call->host->warning(call->ctx, "trial", "the trial ends soon");
    return STOCKD_DONE;
}

static const struct stockd_plugin shop_plugin = {
    STOCKD_PLUGIN_HEAD,
    .id = "shop",
    .version = "1",
    .title = "Shop",
    .flags = STOCKD_LISTINGS_CARRY_STOCK,
    STOCKD_TABLE(endpoint, shop_endpoints),
    STOCKD_TABLE(bucket, shop_buckets),
    STOCKD_TABLE(route, shop_routes),
    .operations = {[STOCKD_LIST_WAREHOUSES] = shop_warehouses,
                   [STOCKD_FETCH_LISTINGS] = shop_listings,
                   [STOCKD_FETCH_STOCK] = shop_stock,
                   [STOCKD_PUSH_STOCK] = shop_push,
                   [STOCKD_CHECK_ACCOUNT] = shop_check},
};

/* ---- the fixture */

enum { WAITING_MAX = 64 };

struct api_fixture {
    struct api_fixture_options options;
    struct transport transport; /* first but for the options */
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t answer;    /* the shop's answers, never from inside send */
    const char *language; /* of requests, or NULL */
    char folder[64], socket[96], store_path[96], spool[96];
    struct random random;
    struct store *store;
    struct engine *engine;
    struct loop_runtime *runtime;
    struct recorder *recorder;
    struct sync *sync;
    struct imports *imports;
    struct backups *backups;
    char backup_folder[128];
    struct api *api;
    struct plugin_registry *registry;
    const struct plugin *registered;          /* the shop's, once it is */
    struct net_request *waiting[WAITING_MAX]; /* on the loop */
    size_t waiting_count;
    atomic_int mood;
    atomic_bool stop, quiet;
    bool active_told;
    sem_t ready, quieted;
    uint32_t number;
};

/* ---- the shop's side of the wire */

static struct api_fixture *of_transport(struct transport *t)
{
    return (struct api_fixture *)((char *)t - offsetof(struct api_fixture, transport));
}

static bool is_write(const struct net_request *request)
{
    return strstr(request->url, "/stock") != NULL;
}

static void answer_one(struct api_fixture *f, struct net_request *request)
{
    enum shop_mood mood = (enum shop_mood)atomic_load(&f->mood);
    struct net_answer answer = {.result = NET_ARRIVED, .status = 200, .body = bytes_text("ok")};
    answer.sent_ms = answer.received_ms = clock_wall_ms(clock_system());
    if (mood == SHOP_LOCKS) answer.status = 401;
    if (mood == SHOP_REFUSES) answer.body = bytes_text("refused");
    if (mood == SHOP_LOSES && is_write(request)) {
        answer.result = NET_LOST;
        answer.status = 0;
        answer.error = "the connection broke";
    }
    recorder_add(f->recorder, request, &answer);
    request->done(request, &answer);
}

/* One at a time: an answer may cancel another request. */
static void on_answer(uv_timer_t *timer)
{
    struct api_fixture *f = timer->data;
    for (size_t i = 0; i < f->waiting_count; i++) {
        struct net_request *request = f->waiting[i];
        if (atomic_load(&f->mood) == SHOP_SILENT && is_write(request)) continue;
        f->waiting[i] = f->waiting[--f->waiting_count];
        answer_one(f, request);
        uv_timer_start(&f->answer, on_answer, 0, 0);
        return;
    }
}

static void shop_sends(struct transport *t, struct net_request *request)
{
    struct api_fixture *f = of_transport(t);
    assert_true(f->waiting_count < WAITING_MAX);
    f->waiting[f->waiting_count++] = request;
    uv_timer_start(&f->answer, on_answer, 0, 0);
}

static void shop_cancels(struct transport *t, struct net_request *request)
{
    struct api_fixture *f = of_transport(t);
    for (size_t i = 0; i < f->waiting_count; i++)
        if (f->waiting[i] == request) f->waiting[i] = f->waiting[--f->waiting_count];
}

/* ---- its thread */

static void on_touched(void *ctx, const struct engine_touched *touched)
{
    struct api_fixture *f = ctx;
    if (f->sync) sync_touched(f->sync, touched);
}

static void on_changed(void *ctx, uint32_t account)
{
    struct api_fixture *f = ctx;
    struct sync_account_view view;
    api_changed(f->api, account);
    if (f->active_told || !sync_account_view(f->sync, "shop", &view)) return;
    if (view.state != SYNC_ACTIVE && view.state != SYNC_DRY_RUN) return;
    f->active_told = true;
    sem_post(&f->ready);
}

static void runtime_closed(void *ctx)
{
    (void)ctx;
}

static void api_closed(void *ctx)
{
    struct api_fixture *f = ctx;
    f->api = NULL;
    sync_free(f->sync);
    f->sync = NULL;
    imports_free(f->imports);
    backups_free(f->backups);
    uv_close((uv_handle_t *)&f->answer, NULL);
    loop_runtime_close(f->runtime, runtime_closed, f);
}

static void sync_stopped(void *ctx)
{
    api_close(((struct api_fixture *)ctx)->api, api_closed, ctx);
}

static void backups_stopped(void *ctx)
{
    sync_stop(((struct api_fixture *)ctx)->sync, 0, sync_stopped, ctx);
}

static void imports_stopped(void *ctx)
{
    backups_stop(((struct api_fixture *)ctx)->backups, backups_stopped, ctx);
}

static void on_wake(uv_async_t *async)
{
    struct api_fixture *f = async->data;
    uv_timer_start(&f->answer, on_answer, 0, 0);
    if (atomic_exchange(&f->quiet, false)) {
        api_quiet(f->api);
        sem_post(&f->quieted);
    }
    if (!atomic_load(&f->stop)) return;
    uv_close((uv_handle_t *)&f->wake, NULL);
    api_quiet(f->api);
    imports_stop(f->imports, imports_stopped, f);
}

static void *serve(void *ctx)
{
    uv_run(&((struct api_fixture *)ctx)->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* ---- opening */

struct adding {
    struct engine_task task;
    struct api_fixture *f;
};

static enum status add_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct adding *a = (struct adding *)task;
    struct buf payload;
    struct directory *d;
    buf_init(&payload, 4096);
    command_account_put(&payload, bytes_text("shop"), bytes_text("shop"), false);
    const struct command command = {.kind = COMMAND_ACCOUNT_PUT,
                                    .actor = "test",
                                    .now_ms = clock_wall_ms(clock_system()),
                                    .payload = bytes_of(payload.data, payload.size)};
    enum status status = engine_apply(a->f->engine, txn, &command, NULL, error);
    buf_free(&payload);
    if (status == ST_OK) status = directory_load(txn, &d, error);
    if (status != ST_OK) return status;
    a->f->number = directory_account_by_name(d, bytes_text("shop"))->no;
    directory_free(d);
    return ST_OK;
}

static void add_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct adding *a = (struct adding *)task;
    struct api_fixture *f = a->f;
    struct error why;
    const struct plugin *plugin;
    (void)error;
    mem_free(a);
    const struct plugin_settings values = {.account = "shop"};
    struct plugin_instance *instance = NULL;
    if (status == ST_OK && plugin_registry_add(f->registry, &shop_plugin, &plugin, &why) == ST_OK) {
        f->registered = plugin;
        instance = plugin_instance_new(plugin, &values, &why);
    }
    if (!instance) { /* not the test's thread: cmocka cannot be told */
        fprintf(stderr, "the shop: %s\n", why.text);
        abort();
    }
    const struct sync_settings settings = {.name = "shop",
                                           .number = f->number,
                                           .instance = instance,
                                           .enabled = !f->options.disabled,
                                           .dry_run = f->options.dry_run,
                                           .timeout_ms = 5000,
                                           .attempts = 5};
    sync_account_put(f->sync, &settings);
    plugin_instance_unref(instance);
    if (f->options.disabled) sem_post(&f->ready);
}

static void reload(void *ctx,
                   void (*done)(void *arg, enum status status, const struct error *error,
                                json_t *changes),
                   void *arg)
{
    (void)ctx;
    done(arg, ST_OK, NULL, json_pack("[s]", "account shop: interval 10m -> 5m"));
}

static json_t *plugins(void *ctx, const char *id)
{
    (void)ctx;
    json_t *one = json_pack("{s:s, s:s}", "id", "shop", "state", "loaded");
    if (!id) return json_pack("[o]", one);
    if (strcmp(id, "shop") == 0) return one;
    json_decref(one);
    return NULL;
}

static enum status release(void *ctx, const char *id, struct error *error)
{
    (void)ctx;
    return error_set(error, ST_CONFLICT, "plugin '%s' is not in quarantine", id);
}

static const char *owner(void *ctx, enum api_owned kind, const char *a, const char *b,
                         const char *c)
{
    (void)ctx, (void)b;
    if (kind == API_OWNED_WAREHOUSE && strcmp(a, "filed") == 0) return "conf.d/10-main.yaml:3";
    if (kind == API_OWNED_LINK && strcmp(c, "w9") == 0) return "conf.d/50-shop.yaml:12";
    return NULL;
}

/* An account of the shop's plugin that is in no file. */
static void draft(void *ctx, json_t *body,
                  void (*done)(void *arg, enum status status, const struct error *error,
                               const struct api_draft *draft),
                  void *arg)
{
    struct api_fixture *f = ctx;
    const char *name = json_string_value(json_object_get(body, "name"));
    const struct plugin_settings values = {.account = name};
    const struct plugin *plugin;
    struct error error = {0};
    if (strcmp(name, "taken") == 0) {
        error_set(&error, ST_EXISTS, "there is an account 'taken' already");
        done(arg, ST_EXISTS, &error, NULL);
        return;
    }
    if (!f->registered &&
        plugin_registry_add(f->registry, &shop_plugin, &f->registered, &error) != ST_OK)
        abort();
    plugin = f->registered;
    struct api_draft made = {.instance = plugin_instance_new(plugin, &values, &error),
                             .path = (char *)"/conf.d/50-new.yaml",
                             .text = (char *)"accounts:\n"};
    done(arg, ST_OK, NULL, &made);
    plugin_instance_unref(made.instance);
}

static json_t *account_file(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "shop") == 0 ? json_pack("{s:s}", "path", "/conf.d/50-shop.yaml") : NULL;
}

static json_t *vitals(void *ctx)
{
    (void)ctx;
    return json_pack("{s:i}", "turns", 1);
}

static void open_store(struct api_fixture *f)
{
    struct error error;
    strcpy(f->folder, "/tmp/stockd-api-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->socket, sizeof f->socket, "%s/s", f->folder);
    snprintf(f->store_path, sizeof f->store_path, "%s/store", f->folder);
    snprintf(f->spool, sizeof f->spool, "%s/spool", f->folder);
    const struct store_options options = {
        .path = f->store_path, .map_bytes = 256 << 20, .create = true, .without_durability = true};
    if (store_open_lmdb(&options, &f->store, &error) != ST_OK) fail_msg("%s", error.text);
    assert_int_equal(store_schema_prepare(f->store, store_schema_current(), NULL, &error), ST_OK);
}

static void open_parts(struct api_fixture *f)
{
    struct error error;
    f->engine = engine_new();
    random_seed(&f->random, 7);
    const struct loop_runtime_options runtime = {.loop = &f->loop,
                                                 .store = f->store,
                                                 .engine = f->engine,
                                                 .random = &f->random,
                                                 .touched = on_touched,
                                                 .ctx = f};
    assert_int_equal(loop_runtime_open(&runtime, &f->runtime, &error), ST_OK);
    f->recorder = recorder_new(NULL);
    f->registry = plugin_registry_new(NULL, 0, NULL);
    f->transport = (struct transport){.send = shop_sends, .cancel = shop_cancels};
    const struct sync_options sync = {.runtime = loop_runtime(f->runtime),
                                      .engine = f->engine,
                                      .transport = &f->transport,
                                      .recorder = f->recorder,
                                      .changed = on_changed,
                                      .ctx = f};
    f->sync = sync_new(&sync);
    const struct imports_options imports = {.runtime = loop_runtime(f->runtime),
                                            .engine = f->engine,
                                            .store = f->store,
                                            .directory = f->spool};
    f->imports = imports_new(&imports);
    imports_resume(f->imports);
    f->backups = backups_new(loop_runtime(f->runtime), f->store);
    snprintf(f->backup_folder, sizeof f->backup_folder, "%s/backups", f->folder);
    backups_put(f->backups, &(struct backups_settings){f->backup_folder, "off", 3});
}

static void open_api(struct api_fixture *f)
{
    struct error error;
    const struct api_services services = {.runtime = loop_runtime(f->runtime),
                                          .engine = f->engine,
                                          .store = f->store,
                                          .sync = f->sync,
                                          .imports = f->imports,
                                          .backups = f->backups,
                                          .store_path = f->store_path,
                                          .instance = "main",
                                          .started_ms = clock_wall_ms(clock_system()),
                                          .ctx = f,
                                          .reload = reload,
                                          .plugins = plugins,
                                          .plugin_release = release,
                                          .owner = owner,
                                          .draft = draft,
                                          .account_file = account_file,
                                          .vitals = vitals};
    if (api_open(&f->loop, f->socket, &services, &f->api, &error) != ST_OK)
        fail_msg("%s", error.text);
}

struct api_fixture *api_fixture_open(const struct api_fixture_options *options)
{
    struct api_fixture *f = mem_alloc(sizeof *f);
    signal(SIGPIPE, SIG_IGN);
    if (options) f->options = *options;
    sem_init(&f->ready, 0, 0);
    sem_init(&f->quieted, 0, 0);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    uv_async_init(&f->loop, &f->wake, on_wake);
    uv_timer_init(&f->loop, &f->answer);
    f->wake.data = f->answer.data = f;
    open_store(f);
    open_parts(f);
    open_api(f);
    if (f->options.account || f->options.disabled || f->options.dry_run) {
        struct adding *a = mem_alloc(sizeof *a);
        a->f = f;
        a->task = (struct engine_task){.run = add_run, .done = add_done};
        loop_runtime(f->runtime)->engine_submit(loop_runtime(f->runtime), &a->task);
    } else {
        sem_post(&f->ready);
    }
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
    sem_wait(&f->ready);
    return f;
}

void api_fixture_close(struct api_fixture *f)
{
    char command[160];
    atomic_store(&f->stop, true);
    uv_async_send(&f->wake);
    pthread_join(f->thread, NULL);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    loop_runtime_free(f->runtime);
    plugin_registry_free(f->registry);
    recorder_free(f->recorder);
    engine_free(f->engine);
    store_close(f->store);
    assert_int_equal(access(f->socket, F_OK), -1);
    snprintf(command, sizeof command, "rm -r %s", f->folder);
    assert_int_equal(system(command), 0);
    sem_destroy(&f->ready);
    sem_destroy(&f->quieted);
    mem_free(f);
}

const char *api_fixture_socket(const struct api_fixture *f)
{
    return f->socket;
}

const char *api_fixture_folder(const struct api_fixture *f)
{
    return f->folder;
}

void api_fixture_mood(struct api_fixture *f, enum shop_mood mood)
{
    atomic_store(&f->mood, (int)mood);
    uv_async_send(&f->wake);
}

void api_fixture_quiet(struct api_fixture *f)
{
    atomic_store(&f->quiet, true);
    uv_async_send(&f->wake);
    sem_wait(&f->quieted);
}

/* ---- asking */

static void collect(const char *text, void *ctx)
{
    buf_text(ctx, text);
    buf_char(ctx, '\n');
}

void api_fixture_speak(struct api_fixture *f, const char *language)
{
    f->language = language;
}

char *api_ask(struct api_fixture *f, const char *method, const char *path, const char *body,
              int *status)
{
    struct ctl_client *client = ctl_client_new(f->socket);
    struct buf lines;
    ctl_client_speak(client, f->language);
    buf_init(&lines, 64 << 20);
    struct ctl_request request = {.method = method,
                                  .path = path,
                                  .body = body,
                                  .upload = -1,
                                  .timeout_s = 20,
                                  .line = collect,
                                  .ctx = &lines};
    struct ctl_answer answer;
    enum ctl_result result = ctl_client_ask(client, &request, &answer);
    if (result != CTL_ANSWERED) fail_msg("%s %s: %s", method, path, answer.error);
    *status = (int)answer.status;
    if (answer.body.size) buf_add(&lines, answer.body.data, answer.body.size);
    ctl_answer_free(&answer);
    ctl_client_free(client);
    return buf_take(&lines);
}

char *api_import(struct api_fixture *f, const char *query, const char *csv, int *status)
{
    char path[400], file[120];
    struct ctl_client *client = ctl_client_new(f->socket);
    struct buf lines;
    buf_init(&lines, 64 << 20);
    snprintf(path, sizeof path, "/v1/imports%s", query);
    snprintf(file, sizeof file, "%s/upload", f->folder);
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, csv, strlen(csv)), (ssize_t)strlen(csv));
    lseek(fd, 0, SEEK_SET);
    struct ctl_request request = {.method = "POST",
                                  .path = path,
                                  .upload = fd,
                                  .upload_size = (int64_t)strlen(csv),
                                  .timeout_s = 20,
                                  .line = collect,
                                  .ctx = &lines};
    struct ctl_answer answer;
    enum ctl_result result = ctl_client_ask(client, &request, &answer);
    if (result != CTL_ANSWERED) fail_msg("import: %s", answer.error);
    *status = (int)answer.status;
    if (answer.body.size) buf_add(&lines, answer.body.data, answer.body.size);
    ctl_answer_free(&answer);
    ctl_client_free(client);
    close(fd);
    return buf_take(&lines);
}

bool json_has(const json_t *got, const json_t *wanted)
{
    const char *name;
    json_t *value;
    if (json_is_object(wanted)) {
        json_object_foreach ((json_t *)wanted, name, value)
            if (!json_has(json_object_get(got, name), value)) return false;
        return json_is_object(got);
    }
    if (json_is_array(wanted)) {
        if (json_array_size(got) != json_array_size(wanted)) return false;
        for (size_t i = 0; i < json_array_size(wanted); i++)
            if (!json_has(json_array_get(got, i), json_array_get(wanted, i))) return false;
        return json_is_array(got);
    }
    return got && json_equal(got, wanted);
}

void assert_api(struct api_fixture *f, const char *method, const char *path, const char *body,
                int status, const char *wanted)
{
    int got_status;
    char *text = api_ask(f, method, path, body, &got_status);
    json_t *got = json_loads(text, 0, NULL), *want = wanted ? json_loads(wanted, 0, NULL) : NULL;
    if (wanted && !want) fail_msg("the test's JSON is none: %s", wanted);
    if (got_status != status || (want && !json_has(got, want)))
        fail_msg("%s %s %s\nwant %d %s\n got %d %s", method, path, body ? body : "", status,
                 wanted ? wanted : "", got_status, text);
    json_decref(got);
    json_decref(want);
    mem_free(text);
}

void assert_refused(struct api_fixture *f, const char *method, const char *path, const char *body,
                    int status, const char *code, const char *detail)
{
    json_t *wanted = json_pack("{s:i, s:s, s:s}", "status", status, "code", code, "detail", detail);
    char *text = json_dumps(wanted, 0);
    assert_api(f, method, path, body, status, text);
    free(text);
    json_decref(wanted);
}
