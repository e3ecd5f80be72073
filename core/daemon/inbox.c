/* Inboxes in the daemon: from the configuration to intake/inbox.h, and the kernel's word that
 * something happened in a folder. Watches are made by the worker that looks at the folder: finding
 * its path may hang on a dead network mount, and the loop never blocks. */
#include "intake/inbox.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { EVENTS_BYTES = 16 << 10 };

/* [worker] The same folder again is no second watch. A folder that cannot be watched is polled. */
static void watch(void *ctx, const char *folder)
{
    struct daemon *d = ctx;
    inotify_add_watch(d->inbox_watch, folder,
                      IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR);
}

/* Which folder it was does not matter: looking costs little. */
static void on_events(uv_poll_t *poll, int status, int events)
{
    struct daemon *d = poll->data;
    char bytes[EVENTS_BYTES];
    bool any = false;
    (void)status;
    (void)events;
    while (read(d->inbox_watch, bytes, sizeof bytes) > 0) /* it is non-blocking */
        any = true;
    if (any && d->inboxes) inboxes_look(d->inboxes);
}

static void on_import_settled(void *ctx)
{
    struct daemon *d = ctx;
    if (d->inboxes) inboxes_settled(d->inboxes);
}

void daemon_imports_options(struct daemon *d, struct imports_options *options)
{
    options->settled = on_import_settled;
    options->ctx = d;
}

void daemon_inboxes_open(struct daemon *d)
{
    struct inboxes_options options = {
        .runtime = loop_runtime(d->runtime), .store = d->store, .imports = d->imports, .ctx = d};
    d->inbox_watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (d->inbox_watch >= 0 && uv_poll_init(&d->loop, &d->inbox_poll, d->inbox_watch) == 0) {
        d->inbox_poll.data = d;
        uv_poll_start(&d->inbox_poll, UV_READABLE, on_events);
        options.watch = watch;
    } else {
        log_warning("inbox", "not-watched", "why=\"%s; folders are polled only\"", strerror(errno));
        if (d->inbox_watch >= 0) close(d->inbox_watch);
        d->inbox_watch = -1;
    }
    d->inboxes = inboxes_new(&options);
}

void daemon_inboxes_put(struct daemon *d, const struct config *config)
{
    struct inbox_options *list = mem_array(config->inbox_count, sizeof *list);
    static const enum stock_column columns[] = {STOCK_SKU, STOCK_BARCODE, STOCK_WAREHOUSE,
                                                STOCK_QUANTITY};
    size_t count = 0;
    for (size_t i = 0; i < config->inbox_count; i++) {
        const struct config_inbox *inbox = &config->inboxes[i];
        if (!inbox->enabled) continue;
        list[count++] =
            (struct inbox_options){.name = inbox->name,
                                   .folder = inbox->folder,
                                   .warehouse = inbox->warehouse,
                                   .kind = inbox->available ? FIGURE_AVAILABLE : FIGURE_ON_HAND,
                                   .create = inbox->create,
                                   .separator = inbox->separator,
                                   .encoding = (enum text_encoding)inbox->encoding,
                                   .settle_ms = inbox->settle_ms,
                                   .poll_ms = inbox->poll_ms,
                                   .size_max = inbox->size_max};
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
            const struct config_value *title =
                config_value(&inbox->columns, stock_column_name(columns[k]));
            list[count - 1].columns.of[columns[k]] = title ? title->text : NULL;
        }
    }
    inboxes_put(d->inboxes, list, count);
    mem_free(list);
}

/* After inboxes_stop. */
void daemon_inboxes_close(struct daemon *d)
{
    if (d->inbox_watch >= 0) uv_close((uv_handle_t *)&d->inbox_poll, NULL);
}

void daemon_inboxes_free(struct daemon *d)
{
    inboxes_free(d->inboxes);
    d->inboxes = NULL;
    if (d->inbox_watch >= 0) close(d->inbox_watch);
    d->inbox_watch = -1;
}
