/* When mirrors run. Whether one is due is looked up in the store each time, so that a restart, or a
 * run that a person asked for, needs no care of its own. */
#include "intake/mirrors.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum {
    MIRROR_GOING_MS = 10000, /* its last run goes on, or cannot be read: looked at again */
    MIRROR_ACTOR_MAX = 128,
};

struct mirror {
    struct mirrors *mirrors;
    struct mirror_settings settings; /* texts are ours */
    char *actor, *detail;
    struct import *import; /* going on, begun here; or NULL */
    int64_t next_ms;       /* when it is looked at */
};

struct mirrors {
    struct runtime *runtime;
    struct store *store;
    struct imports *imports;
    struct mirror **list;
    size_t count;
    struct timer timer;
    struct work_task work;
    struct error look_error; /* why the store could not be looked into */
    bool looking, stopping;
    struct mirror_look {
        char *name;
        enum status status;      /* ST_OK: what follows is known */
        enum import_state state; /* of its last job; 0: none */
        int64_t started_ms;
    } * looks; /* of those that are due */
    size_t look_count;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

/* ---- rows */

static struct bytes meta_key(char out[KEY_TEXT_MAX + 16], const char *name)
{
    snprintf(out, KEY_TEXT_MAX + 16, "mirror.%s", name);
    return bytes_text(out);
}

enum status mirror_last_job(struct store_txn *txn, const char *name, uint64_t *job,
                            struct error *error)
{
    char key[KEY_TEXT_MAX + 16];
    struct bytes value;
    enum status status = store_get(txn, TABLE_META, meta_key(key, name), &value);
    *job = status == ST_OK && value.size == 8 ? bytes_get_u64(value.data) : 0;
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : store_failed(txn, error);
}

void mirror_job_put(struct store_txn *txn, const char *name, uint64_t job)
{
    char key[KEY_TEXT_MAX + 16];
    uint8_t value[8];
    bytes_put_u64(value, job);
    store_put(txn, TABLE_META, meta_key(key, name), bytes_of(value, sizeof value));
}

/* ---- one */

static void mirror_free(struct mirror *mirror)
{
    struct mirror_settings *s = &mirror->settings;
    if (mirror->import) import_release(mirror->import);
    mem_free((char *)(uintptr_t)s->name);
    mem_free((char *)(uintptr_t)s->account);
    mem_free((char *)(uintptr_t)s->remote);
    mem_free((char *)(uintptr_t)s->warehouse);
    mem_free(mirror->actor);
    mem_free(mirror->detail);
    mem_free(mirror);
}

static struct mirror *mirror_make(struct mirrors *mirrors, const struct mirror_settings *settings)
{
    struct mirror *mirror = mem_alloc(sizeof *mirror);
    mirror->mirrors = mirrors;
    mirror->settings = *settings;
    mirror->settings.name = mem_text(settings->name);
    mirror->settings.account = mem_text(settings->account);
    mirror->settings.remote = mem_text(settings->remote);
    mirror->settings.warehouse = mem_text(settings->warehouse);
    mirror->actor = mem_format("mirror %.*s", MIRROR_ACTOR_MAX, settings->name);
    mirror->detail = mem_format("mirror %s: %s%s%s -> %s", settings->name, settings->account,
                                settings->remote ? ":" : "",
                                settings->remote ? settings->remote : "", settings->warehouse);
    return mirror;
}

static struct mirror *find(const struct mirrors *mirrors, const char *name)
{
    for (size_t i = 0; i < mirrors->count; i++)
        if (strcmp(mirrors->list[i]->settings.name, name) == 0) return mirrors->list[i];
    return NULL;
}

bool mirrors_options(const struct mirrors *mirrors, const char *name,
                     struct import_options *options)
{
    const struct mirror *mirror = find(mirrors, name);
    if (!mirror) return false;
    const struct mirror_settings *s = &mirror->settings;
    *options = (struct import_options){.shop = {.account = s->account,
                                                .remote = s->remote,
                                                .mirror = s->name,
                                                .absent_zero = s->absent_zero},
                                       .warehouse = s->warehouse,
                                       .cause = CAUSE_IMPORT,
                                       .create = s->create,
                                       .name = mirror->detail,
                                       .actor = mirror->actor};
    return true;
}

/* ---- when */

static void look(struct mirrors *mirrors);

static int64_t now_of(const struct mirrors *mirrors)
{
    return clock_wall_ms(mirrors->runtime->clock);
}

static void on_timer(struct timer *timer)
{
    look((struct mirrors *)((char *)timer - offsetof(struct mirrors, timer)));
}

/* None waits longer than from one run to the next: then the clock was set back meanwhile, and what
 * is due is to be looked up again. */
static bool is_too_far(const struct mirror *m, int64_t now)
{
    int64_t every = m->settings.every_ms;
    return m->next_ms - now > (every > MIRROR_GOING_MS ? every : MIRROR_GOING_MS);
}

static void arm(struct mirrors *mirrors)
{
    int64_t soonest = INT64_MAX, now = now_of(mirrors);
    for (size_t i = 0; i < mirrors->count; i++) {
        struct mirror *m = mirrors->list[i];
        if (is_too_far(m, now)) m->next_ms = now;
        if (m->settings.enabled && !m->import && m->next_ms < soonest) soonest = m->next_ms;
    }
    mirrors->timer.fire = on_timer;
    if (mirrors->stopping || soonest == INT64_MAX)
        mirrors->runtime->timer_stop(mirrors->runtime, &mirrors->timer);
    else
        mirrors->runtime->timer_arm(mirrors->runtime, &mirrors->timer,
                                    soonest > now ? soonest - now : 0);
}

static void on_ended(void *ctx, const struct import_ending *ending)
{
    struct mirror *mirror = ctx;
    char quoted[LOG_QUOTED_MAX];
    mirror->import = NULL;
    if (!ending->job) /* it came to no job, so nothing in the store says that it was tried */
        mirror->next_ms = now_of(mirror->mirrors) + mirror->settings.every_ms;
    if (ending->status != ST_OK && ending->state != IMPORT_RUNNING)
        log_warning("mirror", "failed", "mirror=%s state=%s why=%s", mirror->settings.name,
                    import_state_name(ending->state), log_quote(ending->error, quoted));
    arm(mirror->mirrors);
}

static void begin(struct mirror *mirror)
{
    struct import_options options;
    const struct import_events events = {.ended = on_ended, .ctx = mirror};
    mirrors_options(mirror->mirrors, mirror->settings.name, &options);
    mirror->import = import_from_account(mirror->mirrors->imports, &options, &events);
}

/* ---- looking */

static enum status look_at(struct store_txn *txn, struct mirror_look *look, struct error *error)
{
    uint64_t number;
    uint8_t key[8];
    struct bytes value;
    struct import_job job;
    enum status status = mirror_last_job(txn, look->name, &number, error);
    if (status != ST_OK || !number) return status;
    bytes_put_u64(key, number);
    status = store_get(txn, TABLE_JOB, bytes_of(key, sizeof key), &value);
    if (status == ST_OK && import_job_read(value, &job) == ST_OK) {
        look->state = job.state;
        look->started_ms = job.started_ms;
    }
    /* One that is no longer kept is long over. */
    return status == ST_NOT_FOUND ? ST_OK : store_failed(txn, error);
}

static void look_run(struct work_task *task)
{
    struct mirrors *mirrors = (struct mirrors *)((char *)task - offsetof(struct mirrors, work));
    struct error *error = &mirrors->look_error;
    struct store_txn *txn;
    enum status status = store_begin(mirrors->store, STORE_READ, &txn, error);
    for (size_t i = 0; i < mirrors->look_count; i++)
        mirrors->looks[i].status =
            status == ST_OK ? look_at(txn, &mirrors->looks[i], error) : status;
    if (status == ST_OK) store_abort(txn);
}

/* Whether its last run goes on or is held is not known (I9): nothing begins. */
static void look_later(struct mirror *mirror, const struct mirror_look *look)
{
    char quoted[LOG_QUOTED_MAX];
    mirror->next_ms = now_of(mirror->mirrors) + MIRROR_GOING_MS;
    log_warning("mirror", "waits", "mirror=%s why=%s", look->name,
                log_quote(mirror->mirrors->look_error.text, quoted));
}

static void decide(struct mirrors *mirrors, const struct mirror_look *look)
{
    struct mirror *mirror = find(mirrors, look->name);
    int64_t now = now_of(mirrors);
    if (!mirror || mirror->import || mirrors->stopping || !mirror->settings.enabled) return;
    int64_t due = look->started_ms + mirror->settings.every_ms;
    bool ahead = look->started_ms > now; /* the clock was set back */
    if (look->status != ST_OK)
        look_later(mirror, look);
    else if (look->state == IMPORT_RUNNING)
        mirror->next_ms = now + MIRROR_GOING_MS;
    else if (look->state == IMPORT_HELD)
        mirror->next_ms = now + mirror->settings.every_ms;
    else if (look->state && due > now && !ahead)
        mirror->next_ms = due;
    else
        begin(mirror);
}

static void look_done(struct work_task *task)
{
    struct mirrors *mirrors = (struct mirrors *)((char *)task - offsetof(struct mirrors, work));
    mirrors->looking = false;
    for (size_t i = 0; i < mirrors->look_count; i++) {
        decide(mirrors, &mirrors->looks[i]);
        mem_free(mirrors->looks[i].name);
    }
    mem_free(mirrors->looks);
    mirrors->looks = NULL;
    mirrors->look_count = 0;
    if (mirrors->stopping)
        mirrors->stopped(mirrors->stopped_ctx);
    else
        arm(mirrors);
}

static void look(struct mirrors *mirrors)
{
    int64_t now = now_of(mirrors);
    if (mirrors->looking || mirrors->stopping) return; /* its end arms again */
    mirrors->looks = mem_array(mirrors->count, sizeof *mirrors->looks);
    for (size_t i = 0; i < mirrors->count; i++) {
        const struct mirror *m = mirrors->list[i];
        if (m->settings.enabled && !m->import && m->next_ms <= now)
            mirrors->looks[mirrors->look_count++].name = mem_text(m->settings.name);
    }
    mirrors->looking = true;
    mirrors->work = (struct work_task){.run = look_run, .done = look_done};
    mirrors->runtime->work_submit(mirrors->runtime, &mirrors->work);
}

/* ---- all */

struct mirrors *mirrors_new(struct runtime *runtime, struct store *store, struct imports *imports)
{
    struct mirrors *mirrors = mem_alloc(sizeof *mirrors);
    mirrors->runtime = runtime;
    mirrors->store = store;
    mirrors->imports = imports;
    return mirrors;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct mirror_settings *a, const struct mirror_settings *b)
{
    return same_text(a->account, b->account) && same_text(a->remote, b->remote) &&
           same_text(a->warehouse, b->warehouse) && a->every_ms == b->every_ms &&
           a->absent_zero == b->absent_zero && a->create == b->create && a->enabled == b->enabled;
}

void mirrors_put(struct mirrors *mirrors, const struct mirror_settings *settings, size_t count)
{
    struct mirror **list = mem_array(count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        struct mirror *old = find(mirrors, settings[i].name);
        if (old && same(&old->settings, &settings[i])) {
            for (size_t k = 0; k < mirrors->count; k++)
                if (mirrors->list[k] == old) mirrors->list[k] = mirrors->list[--mirrors->count];
            list[i] = old;
        } else {
            list[i] = mirror_make(mirrors, &settings[i]);
        }
    }
    for (size_t k = 0; k < mirrors->count; k++)
        mirror_free(mirrors->list[k]);
    mem_free(mirrors->list);
    mirrors->list = list;
    mirrors->count = count;
    arm(mirrors);
}

void mirrors_stop(struct mirrors *mirrors, void (*stopped)(void *ctx), void *ctx)
{
    mirrors->stopping = true;
    mirrors->stopped = stopped;
    mirrors->stopped_ctx = ctx;
    arm(mirrors);
    if (!mirrors->looking) stopped(ctx);
}

void mirrors_free(struct mirrors *mirrors)
{
    if (!mirrors) return;
    mirrors->runtime->timer_close(mirrors->runtime, &mirrors->timer);
    for (size_t i = 0; i < mirrors->count; i++) {
        mirrors->list[i]->import = NULL; /* imports are over by now */
        mirror_free(mirrors->list[i]);
    }
    mem_free(mirrors->list);
    mem_free(mirrors);
}

void mirrors_each(const struct mirrors *mirrors,
                  void (*each)(void *ctx, const struct mirror_view *view), void *ctx)
{
    for (size_t i = 0; i < mirrors->count; i++) {
        const struct mirror *m = mirrors->list[i];
        const struct mirror_view view = {.settings = m->settings,
                                         .running = m->import != NULL,
                                         .next_ms =
                                             m->settings.enabled && !m->import ? m->next_ms : 0};
        each(ctx, &view);
    }
}
