/* The host functions' table, the small ones, and how values are taken over: checked and copied at
 * once, within the limits of a step. */
#include "plugin/operation_private.h"

#include "base/log.h"
#include "base/mem.h"
#include "plugin/private.h"
#include "plugin/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int refuse(struct plugin_operation *op, const char *format, ...)
{
    if (op->refused++ == 0) {
        va_list args;
        va_start(args, format);
        vsnprintf(op->why, sizeof op->why, format, args);
        va_end(args);
    }
    return -1;
}

static bool bytes_count(struct plugin_operation *op, size_t size)
{
    if (size <= STOCKD_STEP_BYTES_MAX && op->bytes <= STOCKD_STEP_BYTES_MAX - size) {
        op->bytes += size;
        return true;
    }
    refuse(op, "one step emitted more than %u MiB", STOCKD_STEP_BYTES_MAX >> 20);
    return false;
}

void *step_take(struct plugin_operation *op, size_t size)
{
    return bytes_count(op, size) ? arena_alloc(&op->memory, size) : NULL;
}

char *step_copy(struct plugin_operation *op, const void *data, size_t size)
{
    return bytes_count(op, size + 1) ? arena_text(&op->memory, bytes_of(data, size)) : NULL;
}

void *row_add(struct plugin_operation *op, struct list *list, size_t element)
{
    if (op->rows >= STOCKD_STEP_ROWS_MAX) {
        refuse(op, "one step emitted more than %u rows", STOCKD_STEP_ROWS_MAX);
        return NULL;
    }
    if (!bytes_count(op, element)) return NULL;
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 16;
        list->items = mem_resize(list->items, list->room * element);
    }
    op->rows++;
    return (char *)list->items + list->count++ * element;
}

bool row_read(struct plugin_operation *op, void *to, size_t full, const void *raw, size_t least,
              const char *what)
{
    uint32_t size = 0;
    memset(to, 0, full);
    if (raw) memcpy(&size, raw, sizeof size); /* `size` comes first in every struct of the ABI */
    if (size < least || size > full) {
        if (raw)
            refuse(op, "%s says it is %u bytes, ABI %u.%u has %zu to %zu", what, size,
                   STOCKD_ABI_MAJOR, STOCKD_ABI_MINOR, least, full);
        else
            refuse(op, "%s is NULL", what);
        return false;
    }
    memcpy(to, raw, size);
    return true;
}

static bool take(struct plugin_operation *op, const char **text, size_t size, const char *what)
{
    if (!text_is_utf8(*text, size)) {
        refuse(op, "%s is not UTF-8", what);
        return false;
    }
    *text = step_copy(op, *text, size);
    return *text != NULL;
}

bool id_take(struct plugin_operation *op, const char **text, bool required, const char *what)
{
    if (!*text || !**text) {
        *text = NULL;
        if (required) refuse(op, "%s is missing", what);
        return !required;
    }
    size_t size = strnlen(*text, STOCKD_ID_MAX + 1);
    if (size > STOCKD_ID_MAX) {
        refuse(op, "%s is longer than %u bytes", what, STOCKD_ID_MAX);
        return false;
    }
    return take(op, text, size, what);
}

bool text_take(struct plugin_operation *op, const char **text, const char *what)
{
    if (!*text || !**text) {
        *text = NULL;
        return true;
    }
    size_t size = strnlen(*text, STOCKD_TEXT_MAX + 1);
    if (size > STOCKD_TEXT_MAX) size = text_cut(*text, STOCKD_TEXT_MAX);
    return take(op, text, size, what);
}

bool bytes_take(struct plugin_operation *op, const void **data, size_t size, size_t max,
                const char *what)
{
    if (size > max || (size && !*data)) {
        if (size > max)
            refuse(op, "%s is %zu bytes, at most %zu are kept", what, size, max);
        else
            refuse(op, "%s is NULL with a size of %zu", what, size);
        return false;
    }
    *data = *data ? step_copy(op, *data, size) : NULL;
    return *data || size == 0;
}

bool item_is(struct plugin_operation *op, uint32_t item, const char *what)
{
    if (item < op->start.item_count) return true;
    refuse(op, "%s names item %u of %u", what, item, op->start.item_count);
    return false;
}

/* ---------------------------------------------------------------------------------------------- */

static const struct stockd_option *option_asked(struct plugin_operation *op, const char *name)
{
    const struct stockd_option *option = name ? plugin_option(op->plugin, name) : NULL;
    if (!option)
        refuse(op, "asked for the option '%.80s', which it does not declare", name ? name : "");
    return option;
}

static const char *host_option(void *ctx, const char *name)
{
    struct plugin_operation *op = ctx;
    return option_asked(op, name) ? plugin_instance_option(op->instance, name) : NULL;
}

static int64_t host_option_int(void *ctx, const char *name)
{
    struct plugin_operation *op = ctx;
    return option_asked(op, name) ? plugin_instance_option_int(op->instance, name) : 0;
}

static void *host_scratch(void *ctx, size_t size)
{
    struct plugin_operation *op = ctx;
    if (size > op->declared->scratch_max) return NULL;
    if (size > op->scratch_size || !op->scratch) {
        op->scratch = mem_resize(op->scratch, size);
        memset((char *)op->scratch + op->scratch_size, 0, size - op->scratch_size);
        op->scratch_size = size;
    }
    return op->scratch;
}

static int host_wait(void *ctx, int64_t ms)
{
    struct plugin_operation *op = ctx;
    if (ms < 1 || ms > STOCKD_WAIT_MAX)
        return refuse(op, "a wait of %lld ms is not from 1 to %d", (long long)ms, STOCKD_WAIT_MAX);
    op->has_wait = true;
    op->step.wait_ms = ms;
    return 0;
}

static int host_fail(void *ctx, enum stockd_fail why, const char *code, const char *text)
{
    struct plugin_operation *op = ctx;
    if (why < STOCKD_FAIL_RETRY || why > STOCKD_FAIL_BUG)
        return refuse(op, "a failure of class %d, which does not exist", (int)why);
    if (!text_take(op, &code, "a failure's code") || !text_take(op, &text, "a failure's text"))
        return -1;
    op->has_fail = true;
    op->step.fail = why;
    op->step.fail_code = code;
    op->step.fail_text = text;
    return 0;
}

static const char *host_header(void *ctx, const char *name)
{
    struct plugin_operation *op = ctx;
    const struct plugin_input *input = op->input;
    if (!name || !input || input->event != STOCKD_RESPONSE || !input->header) return NULL;
    return input->header(input->header_ctx, name);
}

static void host_progress(void *ctx, int64_t done, int64_t total)
{
    struct plugin_operation *op = ctx;
    op->step.progress_done = done < 0 ? 0 : done;
    op->step.progress_total = total < 0 ? 0 : total;
}

static void host_log(void *ctx, int level, const char *text)
{
    struct plugin_operation *op = ctx;
    if (!text || op->log_count++ >= LOGS_MAX) return;
    if (level < LOG_ERROR) level = LOG_ERROR;
    if (level > LOG_DEBUG) level = LOG_DEBUG;
    if ((int)log_level_get() < level) return;
    char account[LOG_QUOTED_MAX], quoted[LOG_QUOTED_MAX];
    log_line((enum log_level)level, "plugin", op->declared->id, "account=%s operation=%s text=%s",
             log_quote(plugin_instance_account(op->instance), account),
             plugin_operation_name((enum stockd_operation)op->start.operation),
             log_quote(text, quoted));
}

const struct stockd_host operation_host = {
    .size = sizeof(struct stockd_host),
    .abi_minor = STOCKD_ABI_MINOR,
    .option = host_option,
    .option_int = host_option_int,
    .state_get = host_state_get,
    .state_put = host_state_put,
    .jwt_claims = host_jwt_claims,
    .scratch = host_scratch,
    .request = host_request,
    .wait = host_wait,
    .fail = host_fail,
    .header = host_header,
    .quota = host_quota,
    .progress = host_progress,
    .log = host_log,
    .warehouse = host_warehouse,
    .listing = host_listing,
    .stock = host_stock,
    .order_line = host_order_line,
    .malformed = host_malformed,
    .complete = host_complete,
    .drained_until = host_drained_until,
    .epoch = host_epoch,
    .outcome = host_outcome,
    .listing_data = host_listing_data,
    .target_data = host_target_data,
    .note = host_note,
    .identity = host_identity,
    .ability = host_ability,
    .warning = host_warning,
    .key_expires = host_key_expires,
    .token = host_token,
    .token_renewing = host_token_renewing,
    .prompt = host_prompt,
};
