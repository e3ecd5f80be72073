/* From a question to the bytes of an answer. */
#include "report/render.h"

#include "base/mem.h"

#include <stdlib.h>

static const struct {
    const char *name, *type;
} formats[REPORT_FORMATS] = {
    [REPORT_AS_JSON] = {"json", "application/json"},
    [REPORT_AS_TEXT] = {"text", "text/plain; charset=utf-8"},
    [REPORT_AS_HTML] = {"html", "text/html; charset=utf-8"},
};

const char *report_format_name(enum report_format format)
{
    return formats[format].name;
}

const char *report_format_type(enum report_format format)
{
    return formats[format].type;
}

static void write_json(struct buf *out, const struct report *report, enum lang lang)
{
    json_t *json = report_json(report, lang);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    buf_text(out, text ? text : "{}");
    free(text);
    json_decref(json);
}

enum status report_write(struct store_txn *txn, const struct report_ask *ask,
                         const struct report_form *form, struct buf *out, struct error *error)
{
    struct report report;
    struct zone *zone = NULL;
    enum status status = report_gather(txn, ask, &report, error);
    if (zone_open(form->zone, &zone, NULL) != ST_OK) zone_open("UTC", &zone, NULL);
    if (status == ST_OK) {
        char *account = ask->account.size ? mem_text_n(ask->account.data, ask->account.size) : NULL;
        const struct report_style style = {form->lang, zone, account};
        if (form->format == REPORT_AS_JSON) write_json(out, &report, form->lang);
        if (form->format == REPORT_AS_TEXT) report_text(out, &report, &style);
        if (form->format == REPORT_AS_HTML) report_html(out, &report, &style);
        mem_free(account);
    }
    zone_free(zone);
    report_free(&report);
    return status;
}
