/* account login, account secret, account rekey. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

/* ---- login */

struct login {
    const char *account;
    char *said; /* the code and address shown last */
};

static void say_prompt(struct ctl *ctl, struct login *login, const json_t *prompt)
{
    char *now =
        mem_format("%s\n%s\n%s", text(prompt, "text"), text(prompt, "url"), text(prompt, "code"));
    bool same = login->said && strcmp(login->said, now) == 0;
    mem_free(login->said);
    login->said = now;
    if (same || ctl->json) return;
    struct buf out;
    buf_init(&out, 1 << 16);
    ctl_sentence(&out, "{text}", NULL, prompt);
    if (*text(prompt, "url")) ctl_sentence(&out, "  address: {url}", NULL, prompt);
    if (*text(prompt, "code")) ctl_sentence(&out, "  code:    {code}", NULL, prompt);
    if (*text(prompt, "expires")) ctl_sentence(&out, "  until:   {expires}", NULL, prompt);
    ctl_progress_clear(ctl);
    fputs(buf_cstr(&out), ctl->out);
    fflush(ctl->out);
    buf_free(&out);
}

static int on_login(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    struct login *login = ctx;
    const json_t *run = json_object_get(line, "run");
    const json_t *prompt = json_object_get(run, "prompt");
    if (json_is_object(prompt)) say_prompt(ctl, login, prompt);
    if (strcmp(event, "progress") == 0 && login->said)
        ctl_progress(ctl, "waiting for the consent; Ctrl-C leaves the login going on");
    if (strcmp(event, "result") != 0) return CTL_OK;
    ctl_progress_clear(ctl);
    if (strcmp(text(run, "state"), "done") == 0) {
        if (!ctl->json) fprintf(ctl->out, "%s is logged in.\n", login->account);
        return CTL_OK;
    }
    ctl_say(ctl, "%s is not logged in: %s", login->account, text(run, "why"));
    return CTL_REFUSED;
}

int ctl_login(struct ctl *ctl, const char *account)
{
    struct login login = {.account = account};
    struct buf path;
    buf_init(&path, 8192);
    buf_text(&path, "/v1/accounts/");
    ctl_encode(&path, account);
    buf_text(&path, "/login?follow=true");
    const struct ctl_stream stream = {.method = "POST",
                                      .path = buf_cstr(&path),
                                      .look = "stockctl run list",
                                      .upload = -1,
                                      .event = on_login,
                                      .ctx = &login};
    int code = ctl_stream(ctl, &stream);
    mem_free(login.said);
    buf_free(&path);
    return code;
}

int ctl_run_login(struct ctl *ctl, const struct ctl_call *call)
{
    return ctl_login(ctl, ctl_value(call, "ACCOUNT"));
}

/* ---- a secret, read without showing it */

bool ctl_read_secret(struct ctl *ctl, const char *what, char out[CTL_SECRET_MAX])
{
    struct termios before, silent;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        fprintf(ctl->err, "%s (it is not shown): ", what);
        fflush(ctl->err);
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    bool got = fgets(out, CTL_SECRET_MAX, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', ctl->err);
    }
    if (got) out[strcspn(out, "\r\n")] = 0;
    return got && out[0];
}

int ctl_run_secret(struct ctl *ctl, const struct ctl_call *call)
{
    char secret[CTL_SECRET_MAX];
    const char *what = ctl_value(call, "OPTION");
    if (!ctl_read_secret(ctl, what ? what : "secret", secret)) {
        ctl_say(ctl, "no value was given on standard input; nothing was changed");
        return CTL_USAGE;
    }
    json_t *body = json_pack("{s:s}", "value", secret), *answer = NULL;
    explicit_bzero(secret, sizeof secret);
    char *text_of = body ? json_dumps(body, 0) : NULL, *path = ctl_call_path(call);
    json_decref(body);
    int code = CTL_USAGE;
    if (text_of)
        code = ctl_ask(ctl, "PUT", path, text_of, false, &answer);
    else
        ctl_say(ctl, "the value is not UTF-8 text");
    if (text_of) explicit_bzero(text_of, strlen(text_of));
    free(text_of);
    if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, answer);
    json_decref(answer);
    mem_free(path);
    return code;
}
