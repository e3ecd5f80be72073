/* Following a run that is only a row: the first load of an account. */
#include "api/api_run.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

json_t *load_json(const struct sync_load_view *load)
{
    if (!load->run) return json_null();
    char id[24];
    snprintf(id, sizeof id, "r%llu", (unsigned long long)load->run);
    return json_pack("{s:s, s:b, s:I, s:I, s:o, s:I, s:o}", "run", id, "going", load->going,
                     "stage", (json_int_t)load->stage, "stages", (json_int_t)load->stages, "name",
                     api_cstr_or_null(load->name), "done", (json_int_t)load->done, "total",
                     load->total ? json_integer(load->total) : json_null());
}

struct load {
    uint64_t number;
    char account[201];
    json_t *row;  /* as it is now */
    json_t *told; /* as it was told last */
    bool going;
};

static enum status load_look(struct follow *f, struct query *query)
{
    struct load *l = f->state;
    struct run_view run;
    enum status status = run_find(query, l->number, &run);
    if (status != ST_OK) return status;
    json_decref(l->row);
    l->row = run_json(l->number, &run);
    l->going = run.state == RUN_GOING;
    return ST_OK;
}

/* Why nothing moves before a person does something, or NULL. */
static const char *held_up(const struct load *l, struct sync *sync)
{
    struct sync_account_view view;
    if (!sync || !sync_account_view(sync, l->account, &view))
        return "the account is in no file of conf.d";
    if (view.state == SYNC_DISABLED) return "the account is disabled in its file of conf.d";
    if (view.state == SYNC_PAUSED) return "the account is paused; 'stockctl account resume'";
    return NULL;
}

static void tell(struct follow *f, const char *event)
{
    struct load *l = f->state;
    json_t *line = json_pack("{s:s, s:O}", "event", event, "run", l->row);
    if (strcmp(event, "result") == 0)
        follow_end(f, line);
    else
        follow_line(f, line);
    json_decref(l->told);
    l->told = json_incref(l->row);
}

static bool load_tell(struct follow *f)
{
    struct load *l = f->state;
    const char *why = l->going ? held_up(l, f->api->services.sync) : NULL;
    if (why) {
        json_object_set_new(l->row, "state", json_string("waiting"));
        json_object_set_new(l->row, "why", json_string(why));
    }
    if (why || !l->going)
        tell(f, "result");
    else if (!json_equal(l->row, l->told))
        tell(f, "progress");
    return false;
}

static void load_free(void *state)
{
    struct load *l = state;
    json_decref(l->row);
    json_decref(l->told);
    mem_free(l);
}

static const struct follow_kind load_kind = {load_look, load_tell, load_free, false};

void load_follow(struct api *api, struct http_exchange *exchange, uint64_t number,
                 struct bytes account)
{
    struct load *l = mem_alloc(sizeof *l);
    struct sync_account_view view;
    l->number = number;
    snprintf(l->account, sizeof l->account, "%.*s", (int)account.size, (const char *)account.data);
    bool known = api->services.sync && sync_account_view(api->services.sync, l->account, &view);
    follow_start(api, exchange, &load_kind, l, known ? view.number : 0);
}
