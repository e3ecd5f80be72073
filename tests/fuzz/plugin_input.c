/* Reads an input: the parts of a start, then the answers, and drives one operation with them. */
#include "plugin_input.h"

#include "fuzz.h"

enum {
    STEPS_MAX = 400,         /* far above what the answers can ask for */
    LOGIN_STEPS_MAX = 10000, /* it waits for a person, up to an hour, by the second */
    ITEMS_MAX = 12,
    OPEN_MAX = 8,
    HEADERS_MAX = 8,
};
#define NOW INT64_C(1789000000000)

struct setting {
    const struct stockd_plugin *plugin;
    struct stockd_start start;
    struct stockd_item items[ITEMS_MAX];
    struct stockd_key keys[ITEMS_MAX][2];
    const char *open[OPEN_MAX];
    uint8_t data[ITEMS_MAX][STOCKD_LISTING_DATA_MAX + STOCKD_TARGET_DATA_MAX + STOCKD_NOTE_MAX];
};

static const struct stockd_warehouse_ref warehouses[] = {
    {.id = "501", .kind = "fbs", .writable = 1},
    {.id = "502", .writable = 1},
    {.id = "default", .writable = 1},
    {.id = "10ca7104-0000-4000-8000-000000000501", .writable = 1},
};

static const char *const options[][2] = {
    {"client-id", "1001"},
    {"app-name", "stockd-fuzz"},
    {"app-url", "https://example.com/stockd"},
    {"site-id", "5170c0de-0000-4000-8000-000000001001"},
};

/* ---- the beginning */

static size_t unhex(const char *text, uint8_t *out, size_t max)
{
    size_t n = 0;
    unsigned byte;
    while (text && n < max && sscanf(text, "%2x", &byte) == 1) {
        out[n++] = (uint8_t)byte;
        text += text[1] ? 2 : 1;
    }
    return n;
}

/* The text up to the next '|'; NULL when it is empty or not there. */
static const char *field(char **at)
{
    char *text = *at ? strsep(at, "|") : NULL;
    if (text && strlen(text) > STOCKD_ID_MAX * 4) text[STOCKD_ID_MAX * 4] = '\0';
    return text && *text ? text : NULL;
}

static const char *id_field(char **at)
{
    const char *text = field(at);
    return text && strlen(text) <= STOCKD_ID_MAX && check_is_utf8(text, strlen(text)) ? text : NULL;
}

static int64_t number_field(char **at, int64_t least, int64_t most)
{
    const char *text = field(at);
    int64_t number = text ? strtoll(text, NULL, 10) : 0;
    return number < least ? least : number > most ? most : number;
}

static void add_item(struct setting *s, char *line)
{
    if (s->start.item_count == ITEMS_MAX) return;
    uint32_t n = s->start.item_count;
    struct stockd_item *item = &s->items[n];
    const char *sku, *barcode;
    *item = (struct stockd_item){.listing_id = id_field(&line), .keys = s->keys[n], .revision = 1};
    if (!item->listing_id) return; /* the core has none without */
    item->group = id_field(&line);
    item->warehouse_id = id_field(&line);
    if ((sku = id_field(&line))) s->keys[n][item->key_count++] = (struct stockd_key){"sku", sku};
    if ((barcode = id_field(&line)))
        s->keys[n][item->key_count++] = (struct stockd_key){"barcode", barcode};
    item->wanted = number_field(&line, 0, INT64_C(1000000000000));
    item->base = number_field(&line, -1, INT64_C(1000000000000));
    item->listing_state = (uint32_t)number_field(&line, 0, STOCKD_LISTING_GONE);
    uint8_t *data = s->data[n];
    item->listing_data_size = (uint32_t)unhex(field(&line), data, STOCKD_LISTING_DATA_MAX);
    if (item->listing_data_size) item->listing_data = data;
    data += STOCKD_LISTING_DATA_MAX;
    item->target_data_size = (uint32_t)unhex(field(&line), data, STOCKD_TARGET_DATA_MAX);
    if (item->target_data_size) item->target_data = data;
    data += STOCKD_TARGET_DATA_MAX;
    item->note_size = (uint32_t)unhex(field(&line), data, STOCKD_NOTE_MAX);
    if (item->note_size) item->note = data;
    s->start.item_count++;
}

static void add_state(struct check *host, char *line)
{
    uint8_t data[STOCKD_STATE_MAX];
    char *name = strsep(&line, " ");
    size_t size = unhex(line, data, sizeof data);
    if (*name && strlen(name) <= STOCKD_NAME_MAX && check_is_utf8(name, strlen(name)) && size &&
        check_is_utf8((const char *)data, size)) /* the plugins store texts */
        check_state(host, name, data, size);
}

static void read_line(struct setting *s, struct check *host, char *line)
{
    char *word = strsep(&line, " ");
    if (!line) return;
    if (!strcmp(word, "op"))
        s->start.operation = (uint32_t)strtoul(line, NULL, 10) % STOCKD_OPERATION_COUNT;
    else if (!strcmp(word, "route"))
        s->start.route = (uint32_t)strtoul(line, NULL, 10) % s->plugin->route_count;
    else if (!strcmp(word, "mode"))
        s->start.orders_mode = s->start.authorize_mode = (uint32_t)strtoul(line, NULL, 10) % 2;
    else if (!strcmp(word, "warehouse"))
        s->start.warehouse_id = id_field(&line);
    else if (!strcmp(word, "item"))
        add_item(s, line);
    else if (!strcmp(word, "state"))
        add_state(host, line);
    else if (!strcmp(word, "open") && s->start.open_order_count < OPEN_MAX &&
             (s->open[s->start.open_order_count] = id_field(&line)))
        s->start.open_order_count++;
}

/* What the core never asks for is made what it would ask for. */
static void mend(struct setting *s)
{
    struct stockd_start *start = &s->start;
    bool writes = start->operation == STOCKD_PUSH_STOCK || start->operation == STOCKD_CONFIRM_STOCK;
    uint32_t most = writes ? s->plugin->routes[start->route].max_items : ITEMS_MAX;
    start->size = sizeof *start;
    if (start->item_count > most) start->item_count = most;
    start->items = s->items;
    start->open_orders = s->open;
    start->warehouses = warehouses;
    start->warehouse_count = sizeof warehouses / sizeof warehouses[0];
    start->since_ms = NOW - 86400000;
    for (uint32_t i = 0; i < start->item_count; i++)
        if (!s->items[i].warehouse_id) s->items[i].warehouse_id = "501";
    if (start->operation == STOCKD_FETCH_STOCK && !start->item_count && !start->warehouse_id &&
        (s->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE))
        start->warehouse_id = "501";
}

static bool can_begin(const struct setting *s)
{
    const struct stockd_start *start = &s->start;
    bool needs_items =
        start->operation == STOCKD_PUSH_STOCK || start->operation == STOCKD_CONFIRM_STOCK ||
        (start->operation == STOCKD_FETCH_STOCK && (s->plugin->flags & STOCKD_STOCK_NEEDS_IDS));
    return s->plugin->operations[start->operation] && (start->item_count || !needs_items);
}

/* ---- the answers */

struct answers {
    char *at; /* what is left, or NULL */
    struct check_answer last;
    struct check_pair headers[HEADERS_MAX];
};

static char *next_section(char **text)
{
    char *section = *text, *end = section ? strstr(section, "\n%%") : NULL;
    if (end) *end = '\0';
    *text = end ? end + 3 : NULL;
    return section;
}

static const struct check_answer *next_answer(struct answers *answers)
{
    char *text = next_section(&answers->at), *line;
    if (!text) return &answers->last;
    char *status = strsep(&text, "\n");
    status += strspn(status, " ");
    answers->last = (struct check_answer){.headers = answers->headers};
    if (!strcmp(status, "lost"))
        answers->last.transport = STOCKD_LOST;
    else if (!strcmp(status, "not-sent"))
        answers->last.transport = STOCKD_NOT_SENT;
    else if (!strcmp(status, "large"))
        answers->last.transport = STOCKD_TOO_LARGE;
    else
        answers->last.status = (int)(strtoul(status, NULL, 10) % 600);
    while (text && (line = strsep(&text, "\n")) && *line) {
        char *value = strchr(line, ':');
        if (!value || answers->last.header_count == HEADERS_MAX) continue;
        *value++ = '\0';
        value += strspn(value, " ");
        answers->headers[answers->last.header_count++] = (struct check_pair){line, value};
    }
    if (answers->last.transport != STOCKD_LOST && answers->last.transport != STOCKD_NOT_SENT) {
        answers->last.body = text ? text : "";
        answers->last.body_size = strlen(answers->last.body);
    }
    return &answers->last;
}

/* ---- the operation */

uint32_t plugin_input_steps_max(const struct stockd_start *start)
{
    return start->operation == STOCKD_AUTHORIZE ? LOGIN_STEPS_MAX : STEPS_MAX;
}

static struct check *begin(const struct stockd_plugin *plugin)
{
    struct check *host = check_new(plugin);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        check_option(host, options[i][0], options[i][1]);
    check_jwt_claims(host, "token",
                     "{\"sid\":\"7\",\"s\":1073742334,\"exp\":1799000000,\"oid\":1}");
    host->now_ms = NOW;
    return host;
}

void plugin_input_run(const struct stockd_plugin *plugin, const uint8_t *data, size_t size,
                      const struct plugin_input_look *look)
{
    static struct setting setting; /* large */
    char *text = fuzz_copy(bytes_of(data, size), true), *line;
    struct answers answers = {.at = text, .last = {.status = 200, .body = "{}", .body_size = 2}};
    struct check *host = begin(plugin);
    struct stockd_start *start = &setting.start;
    setting = (struct setting){.plugin = plugin};
    char *head = next_section(&answers.at);
    while ((line = strsep(&head, "\n")))
        read_line(&setting, host, line);
    mend(&setting);
    if (can_begin(&setting)) {
        check_start(host, start);
        while (host->steps < plugin_input_steps_max(start) && host->problems.count == 0) {
            if (host->verdict == STOCKD_WAIT) {
                host->now_ms += host->wait_ms;
                check_timer(host);
            } else if (host->verdict == STOCKD_SEND) {
                if (look->asked) look->asked(host);
                host->now_ms += 50;
                check_answer(host, next_answer(&answers));
            } else {
                break;
            }
        }
        look->ended(host, start, look->data);
    }
    check_free(host);
    free(text);
}

bool plugin_input_wrote(const struct check *host)
{
    for (size_t i = 0; i < host->requests.count; i++)
        if (host->requests.at[i].flags & STOCKD_REQUEST_WRITE) return true;
    return false;
}
