/* One run of stockctl from its command line to its exit code. */
#include "ctl/ctl.h"

#include "base/mem.h"
#include "ctl/help.h"
#include "ctl/words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELP_MAX = 1 << 20, TIMEOUT_DEFAULT_S = 60 };

static int usage_error(FILE *err, const char *text)
{
    fprintf(err, "stockctl: %s\n", text);
    return CTL_USAGE;
}

static int help(const struct ctl_call *call, FILE *out, FILE *err)
{
    struct buf text;
    int code = CTL_OK;
    buf_init(&text, HELP_MAX);
    if (call->verb) {
        ctl_help_verb(&text, call->verb);
    } else if (!call->group) {
        ctl_help_all(&text);
    } else if (!ctl_help_group(&text, call->group)) {
        fprintf(err, "stockctl: there is no verb '%s'; see 'stockctl --help'\n", call->group);
        code = CTL_USAGE;
    }
    fputs(buf_cstr(&text), out);
    buf_free(&text);
    return code;
}

/* Where the daemon listens. --socket, then -i, then the environment, then the usual place. */
static char *socket_path(const struct ctl_call *call)
{
    const char *environment = getenv("STOCKD_SOCKET");
    if (call->socket) return mem_text(call->socket);
    if (call->instance) return mem_format("/run/stockd-%s/stockd.sock", call->instance);
    if (environment && *environment) return mem_text(environment);
    return mem_text("/run/stockd/stockd.sock");
}

static int run(const struct ctl_call *call, FILE *out, FILE *err)
{
    char *path = socket_path(call);
    struct ctl ctl = {
        .client = ctl_client_new(path),
        .out = out,
        .err = err,
        .progress = isatty(fileno(err)) == 1,
        .json = call->json,
        .timeout_s = call->timeout ? strtol(call->timeout, NULL, 10) : TIMEOUT_DEFAULT_S,
        .timeout_given = call->timeout != NULL,
    };
    /* What programs read does not change with the terminal's language. */
    if (call->lang || (!call->json && !ctl_is_on(call, "csv")))
        ctl_client_speak(ctl.client, lang_name(ctl_lang()));
    int code = call->verb->run ? call->verb->run(&ctl, call) : ctl_run_generic(&ctl, call);
    ctl_progress_clear(&ctl);
    ctl_client_free(ctl.client);
    mem_free(path);
    return code;
}

int ctl_main(int argc, char *const *argv, FILE *out, FILE *err)
{
    struct ctl_call call;
    struct error error;
    if (ctl_parse(argc, argv, &call, &error) != ST_OK) return usage_error(err, error.text);
    if (call.socket && call.instance)
        return usage_error(err, "--socket and -i name two places; give one of them");
    if (call.instance && (!*call.instance || strchr(call.instance, '/')))
        return usage_error(err, "an instance has a name without '/': -i main");
    ctl_lang_set(ctl_lang_choose(call.lang));
    int code;
    if (call.version) {
        fprintf(out, "stockctl %s\n", STOCKD_VERSION);
        code = CTL_OK;
    } else if (call.help) {
        code = help(&call, out, err);
    } else {
        code = run(&call, out, err);
    }
    /* A full disk or a closed pipe must not look like success. */
    if (fflush(out) != 0 || ferror(out)) {
        fprintf(err, "stockctl: cannot write the output\n");
        if (code == CTL_OK) code = CTL_REFUSED;
    }
    return code;
}
