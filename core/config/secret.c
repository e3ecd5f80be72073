/* Filling references in. The result is built in one block of the largest size allowed, so that no
 * copy of a secret is left behind by growing. Not here: which values may hold references. */
#include "config/secret.h"

#include "config/files.h"
#include "config/node.h"
#include "config/report.h"

#include "base/mem.h"
#include "base/seal_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { REFERENCE_MAX = 1024 }; /* bytes between ${ and } */

struct filling {
    char *out;
    size_t size;
    const struct config_sealed *sealed;
    struct error *error, *warning;
};

bool config_secret_has(const char *text)
{
    return strstr(text, "${") != NULL;
}

static bool put(struct filling *f, const char *text, size_t size)
{
    if (size > CONFIG_VALUE_MAX - f->size) {
        error_set(f->error, ST_TOO_BIG, "longer than %d bytes with its references filled in",
                  CONFIG_VALUE_MAX);
        return false;
    }
    memcpy(f->out + f->size, text, size);
    f->size += size;
    return true;
}

static bool put_env(struct filling *f, const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (!*name || name[n]) {
        error_set(f->error, ST_INVALID,
                  "${env:...} needs the name of an environment variable: letters, digits and '_'");
        return false;
    }
    const char *value = getenv(name);
    if (!value || !*value) {
        error_set(f->error, ST_NOT_FOUND, "the environment variable of ${env:%s} is %s", name,
                  value ? "empty" : "not set");
        return false;
    }
    if (!config_text_is_utf8(value, strlen(value))) {
        error_set(f->error, ST_INVALID, "the environment variable of ${env:%s} is not UTF-8", name);
        return false;
    }
    return put(f, value, strlen(value));
}

static const char *content_fault(struct bytes text)
{
    if (text.size == 0) return "is empty";
    if (memchr(text.data, 0, text.size)) return "holds a NUL byte; it must be text";
    if (!config_text_is_utf8(text.data, text.size)) return "is not UTF-8 text";
    return NULL;
}

/* `said` is the reference as it was written, for messages. */
static bool put_file(struct filling *f, const char *path, const char *said)
{
    struct bytes text;
    struct error why;
    char shown[CONFIG_SHOWN_MAX];
    config_shown(said, shown);
    unsigned mode = 0, owner = 0;
    if (config_file_slurp(path, CONFIG_VALUE_MAX, &text, &mode, &owner, &why) != ST_OK) {
        error_set(f->error, why.status, "the file of ${%s} %s", shown, why.text);
        return false;
    }
    const char *data = text.data;
    struct bytes cut = text;
    if (cut.size && data[cut.size - 1] == '\n') cut.size--;
    if (cut.size < text.size && cut.size && data[cut.size - 1] == '\r') cut.size--;
    const char *fault = content_fault(cut);
    if (mode & S_IWOTH) {
        error_set(f->error, ST_DENIED, "the file of ${%s} can be written by everybody (mode %04o)",
                  shown, mode);
    } else if (fault) {
        error_set(f->error, ST_INVALID, "the file of ${%s} %s", shown, fault);
    } else if (mode & S_IROTH) {
        error_set(f->warning, ST_DENIED,
                  "the file of ${%s} can be read by everybody (mode %04o); run: chmod o-r", shown,
                  mode);
    }
    bool good = !(mode & S_IWOTH) && !fault && put(f, cut.data, cut.size);
    config_file_free(text);
    return good;
}

static bool put_credential(struct filling *f, const char *name, const char *said)
{
    if (!*name || strchr(name, '/') || !strcmp(name, "..") || !strcmp(name, ".")) {
        error_set(f->error, ST_INVALID, "${credential:...} needs a name, not a path");
        return false;
    }
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (!dir || !*dir) {
        error_set(f->error, ST_NOT_FOUND,
                  "${%s} needs systemd's LoadCredential: CREDENTIALS_DIRECTORY is not set", said);
        return false;
    }
    char *path = mem_format("%s/%s", dir, name);
    bool good = put_file(f, path, said);
    mem_free(path);
    return good;
}

static bool put_sealed(struct filling *f, const char *name)
{
    struct buf plain;
    struct error why = {0};
    if (!f->sealed) {
        error_set(f->error, ST_INVALID, "${sealed:...} is not allowed in the section daemon");
        return false;
    }
    buf_init(&plain, SEAL_FILE_BYTES_MAX);
    enum status status = seal_file_read(f->sealed->seal, f->sealed->directory, name, &plain, &why);
    const char *fault = status == ST_OK ? content_fault(bytes_of(plain.data, plain.size)) : NULL;
    if (status == ST_NOT_FOUND && seal_file_name_valid(name))
        error_set(f->error, status,
                  "%s; `stockctl account secret`, `hook secret` or `alert secret` seals "
                  "one",
                  why.text);
    else if (status != ST_OK)
        error_set(f->error, status, "%s", why.text);
    else if (fault)
        error_set(f->error, ST_INVALID, "the sealed secret of ${sealed:%s} %s", name, fault);
    bool good = status == ST_OK && !fault && put(f, plain.data, plain.size);
    seal_buf_free(&plain);
    return good;
}

static bool put_reference(struct filling *f, const char *said)
{
    if (!strncmp(said, "env:", 4)) return put_env(f, said + 4);
    if (!strncmp(said, "credential:", 11)) return put_credential(f, said + 11, said);
    if (!strncmp(said, "sealed:", 7)) return put_sealed(f, said + 7);
    if (!strncmp(said, "file:", 5)) {
        if (said[5] == '/') return put_file(f, said + 5, said);
        error_set(f->error, ST_INVALID, "${file:...} needs an absolute path");
        return false;
    }
    error_set(
        f->error, ST_INVALID,
        "a '${' lacks env:, file:, credential: or sealed: behind it; write '$${' for a plain '${'");
    return false;
}

/* `at` is behind "${". Returns what follows "}", or NULL. */
static const char *take_reference(struct filling *f, const char *at)
{
    const char *end = strchr(at, '}');
    if (!end || end - at > REFERENCE_MAX) {
        error_set(f->error, ST_INVALID, "a '${' lacks its '}'; write '$${' for a plain '${'");
        return NULL;
    }
    char *said = mem_text_n(at, (size_t)(end - at));
    bool good = put_reference(f, said);
    config_wipe_text(said); /* may be a secret put between the braces by mistake */
    return good ? end + 1 : NULL;
}

char *config_secret_resolve(const char *text, const struct config_sealed *sealed,
                            size_t *references, struct error *error, struct error *warning)
{
    struct filling f = {.out = mem_alloc(CONFIG_VALUE_MAX + 1),
                        .sealed = sealed,
                        .error = error,
                        .warning = warning};
    bool good = true;
    *references = 0;
    warning->status = ST_OK;
    for (const char *at = text; at && *at && good;) { /* each turn passes at least one byte */
        if (!strncmp(at, "$${", 3)) {
            good = put(&f, "${", 2);
            at += 3;
        } else if (!strncmp(at, "${", 2)) {
            ++*references;
            at = take_reference(&f, at + 2);
            good = at != NULL;
        } else {
            good = put(&f, at++, 1);
        }
    }
    char *result = good ? mem_text_n(f.out, f.size) : NULL;
    config_wipe(f.out, f.size);
    mem_free(f.out);
    return result;
}
