/* Key files, sealed bytes and sealed files: any bytes are refused with a sentence, or open to what
 * was sealed. Input: what it is (1), its bytes. */
#include "fuzz.h"

#include "base/seal.h"
#include "base/seal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void folder_remove(void)
{
    static const char *const names[] = {"key", "shop.api-key"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static const char *put(const char *name, struct bytes bytes)
{
    static char path[128];
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/stockd-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(folder)) abort();
        atexit(folder_remove);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes.data, bytes.size) != (ssize_t)bytes.size) abort();
    close(fd);
    return path;
}

static void try_key_file(struct bytes bytes)
{
    struct seal *seal = seal_new(put("key", bytes));
    struct buf sealed, plain;
    struct error error = {0};
    buf_init(&sealed, 4096);
    buf_init(&plain, 4096);
    if (bytes.size) { /* of an empty file nothing is said here: a key may be made */
        enum status status = seal_put(seal, bytes_text("n"), bytes_text("word"), &sealed, &error);
        FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
        if (status == ST_OK) {
            status =
                seal_get(seal, bytes_text("n"), bytes_of(sealed.data, sealed.size), &plain, &error);
            FUZZ_CHECK(status == ST_OK && plain.size == 4 && !memcmp(plain.data, "word", 4),
                       "what was sealed opens");
        }
    }
    seal_rekey_open(seal);
    seal_buf_free(&plain);
    buf_free(&sealed);
    seal_free(seal);
}

static void try_sealed(struct bytes bytes, bool file)
{
    static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3};
    struct seal *seal = seal_new_fixed(key);
    struct buf plain;
    struct error error = {0};
    buf_init(&plain, 4 * SEAL_FILE_BYTES_MAX);
    char *copy = fuzz_copy(bytes, false);
    enum status status = ST_OK;
    if (file) {
        put("shop.api-key", bytes);
        status = seal_file_read(seal, folder, "shop.api-key", &plain, &error);
    } else {
        seal_is_newest(seal, bytes_of(copy, bytes.size));
        status = seal_get(seal, bytes_text("n"), bytes_of(copy, bytes.size), &plain, &error);
    }
    FUZZ_CHECK(status != ST_OK, "nobody makes sealed bytes without the key");
    FUZZ_CHECK(error.text[0], "a refusal says why");
    free(copy);
    seal_buf_free(&plain);
    seal_free(seal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    unsigned kind = fuzz_u8(&in) % 3;
    struct bytes rest = fuzz_bytes(&in, size);
    if (kind == 0)
        try_key_file(rest);
    else
        try_sealed(rest, kind == 1);
    return 0;
}
