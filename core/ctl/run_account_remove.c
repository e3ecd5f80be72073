/* account remove: the account's file is moved aside by whoever runs stockctl. */
#include "ctl/account_add.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <string.h>
#include <unistd.h>

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

/* "/v1/accounts/NAME" and more. */
static char *account_path(const char *name, const char *more)
{
    struct buf path;
    buf_init(&path, 8192);
    buf_text(&path, "/v1/accounts/");
    ctl_encode(&path, name);
    buf_text(&path, more);
    return buf_take(&path);
}

static int refuse_shared(struct ctl *ctl, const char *name, const json_t *file)
{
    const json_t *word;
    size_t i;
    json_array_foreach (json_object_get(file, "others"), i, word)
        ctl_say(ctl, "the file %s also holds %s", text(file, "path"), json_string_value(word));
    json_array_foreach (json_object_get(file, "links_elsewhere"), i, word)
        ctl_say(ctl, "another file has the %s", json_string_value(word));
    if (json_array_size(json_object_get(file, "others")) +
            json_array_size(json_object_get(file, "links_elsewhere")) ==
        0)
        return CTL_OK;
    ctl_say(ctl, "nothing was changed: take %s out of there by hand, then run 'stockctl reload'",
            name);
    return CTL_REFUSED;
}

static void say_what_hangs(struct ctl *ctl, const json_t *account, const json_t *file)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    ctl_sentence(
        &out,
        "{name} ({plugin}, {state}) has {listings} listings and {targets} targets, {dirty} "
        "of them unsent, {unresolved} unresolved.",
        NULL, account);
    ctl_sentence(&out,
                 "Its file {path} is moved aside. Nothing changes at the marketplace: what it "
                 "shows now stays there.",
                 NULL, file);
    buf_text(&out, "Its listings, links and tokens stay in the store, for when it comes back under "
                   "that name.\n");
    fputs(buf_cstr(&out), ctl->out);
    fflush(ctl->out);
    buf_free(&out);
}

static int take_away(struct ctl *ctl, const char *name, const json_t *file)
{
    char to[4096];
    const char *path = text(file, "path");
    json_t *answer = NULL;
    int error = account_file_aside(path, to);
    if (error) {
        ctl_say(ctl,
                "%s cannot be moved: %s; nothing was changed. Move it away as somebody who "
                "may, then run 'stockctl reload'",
                path, strerror(error));
        return CTL_REFUSED;
    }
    int code = ctl_ask(ctl, "POST", "/v1/reload", NULL, true, &answer);
    json_decref(answer);
    if (code == CTL_REFUSED && link(to, path) == 0) {
        unlink(to);
        ctl_say(ctl, "the file was put back; nothing has changed");
    }
    if (code == CTL_OK && !ctl->json)
        fprintf(ctl->out, "%s is no account any more; its file is %s.\n", name, to);
    return code;
}

int ctl_run_account_remove(struct ctl *ctl, const struct ctl_call *call)
{
    const char *name = ctl_value(call, "ACCOUNT");
    char *path = account_path(name, ""), *of_file = account_path(name, "/file");
    json_t *account = NULL, *file = NULL;
    int code = ctl_ask(ctl, "GET", of_file, NULL, false, &file);
    if (code == CTL_OK) code = ctl_ask(ctl, "GET", path, NULL, false, &account);
    if (code == CTL_OK) code = refuse_shared(ctl, name, file);
    if (code == CTL_OK && !ctl->json) say_what_hangs(ctl, account, file);
    if (code == CTL_OK && !ctl_is_on(call, "yes")) {
        bool there = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
        if (!there || !account_confirm(ctl, "Remove it?")) {
            ctl_say(ctl, there ? "nothing was changed" : "nothing was changed: give --yes");
            code = there ? CTL_REFUSED : CTL_USAGE;
        }
    }
    if (code == CTL_OK) code = take_away(ctl, name, file);
    json_decref(account);
    json_decref(file);
    mem_free(path);
    mem_free(of_file);
    return code;
}
