/* Where libcurl finds the authorities that TLS is verified against. Reading the system's bundle
 * takes tens of milliseconds, on the loop; libcurl keeps what it read only when no directory is
 * named beside it, and Debian's names one, so that each new connection would read it again. A
 * directory with names by hash costs nothing: only what a connection needs is read. So that is used
 * where there is one, and the bundle alone, read once, where there is not. */
#include "base/mem.h"
#include "net/curl_internal.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { HASH_DIGITS = 8, BUNDLE_MAX = 8 * 1024 * 1024 };

/* "0123abcd.0", as c_rehash and update-ca-certificates make them. */
static bool is_hashed_name(const char *name)
{
    int digits = 0;
    while (isxdigit((unsigned char)name[digits]))
        digits++;
    return digits == HASH_DIGITS && strcmp(name + digits, ".0") == 0;
}

static bool is_hashed(const char *path)
{
    DIR *dir = path ? opendir(path) : NULL;
    bool found = false;
    struct dirent *entry;
    while (dir && !found && (entry = readdir(dir)))
        found = is_hashed_name(entry->d_name);
    if (dir) closedir(dir);
    return found;
}

static bool add_file(struct buf *out, const char *path)
{
    FILE *file = path ? fopen(path, "re") : NULL;
    char chunk[4096];
    size_t n;
    bool fits = file != NULL;
    while (fits && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        fits = buf_add(out, chunk, n);
    if (file && ferror(file)) fits = false;
    if (file) fclose(file);
    return fits && buf_char(out, '\n');
}

bool authorities_open(struct net_curl *net, const char *extra, struct error *error)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    const char *const dirs[] = {curl->capath, "/etc/ssl/certs"};
    net->ca_file = mem_text(extra);
    buf_init(&net->ca_both, BUNDLE_MAX);
    if (extra && !add_file(&net->ca_both, extra)) {
        error_set(error, ST_INVALID, "the authorities in %s cannot be read", extra);
        return false;
    }
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0] && !net->ca_dir; i++)
        if (is_hashed(dirs[i])) net->ca_dir = dirs[i];
    if (net->ca_dir || !extra) return true;
    if (add_file(&net->ca_both, curl->cainfo)) return true;
    error_set(error, ST_IO, "the system's authorities in %s cannot be read",
              curl->cainfo ? curl->cainfo : "(none)");
    return false;
}

void authorities_apply(const struct net_curl *net, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_CAPATH, net->ca_dir);
    if (net->ca_dir) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, net->ca_file); /* NULL: not the bundle either */
    } else if (net->ca_file) {
        struct curl_blob both = {net->ca_both.data, net->ca_both.size, CURL_BLOB_NOCOPY};
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &both);
    }
}

void authorities_close(struct net_curl *net)
{
    buf_free(&net->ca_both);
    mem_free(net->ca_file);
    net->ca_file = NULL;
}
