/* The main of a harness where there is no libFuzzer: gives it every file named, every file of every
 * directory named, and mutations of them.
 *
 *     fuzz-csv [--mutations N] [--seed S] FILE|DIRECTORY ...
 *
 * The input that is being tried lies in fuzz-NAME.trying in the working directory, so that one that
 * ends the process can be looked at; it is gone after a good end. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_MAX = 256 << 10, FILES_MAX = 10000 };

struct file {
    char *path;
    uint8_t *data;
    size_t size;
};
static struct file files[FILES_MAX];
static size_t file_count;
static uint64_t state;
static uint8_t *trying;
static int trying_fd;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545F4914F6CDD1D);
}

static size_t below(size_t n)
{
    return n ? (size_t)(next() >> 16) % n : 0;
}

static void read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || file_count == FILES_MAX) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    struct file *file = &files[file_count++];
    size_t size = st.st_size < INPUT_MAX ? (size_t)st.st_size : INPUT_MAX;
    *file = (struct file){strdup(path), malloc(size + 1), 0};
    ssize_t got = read(fd, file->data, size);
    file->size = got > 0 ? (size_t)got : 0;
    close(fd);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_path(const char *path)
{
    struct stat st;
    struct dirent **names;
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        read_file(path);
        return;
    }
    int count = scandir(path, &names, visible, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, names[i]->d_name);
        read_path(name);
        free(names[i]);
    }
    free(names);
}

static void try_one(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + !size); /* of its own size: a reading past the end is seen */
    if (size) memcpy(copy, data, size);
    if (trying) {
        if (ftruncate(trying_fd, (off_t)size)) exit(2);
        if (size) memcpy(trying, data, size);
    }
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* ---- mutations */

static size_t insert(uint8_t *at, size_t size, size_t place, const uint8_t *what, size_t count)
{
    if (size + count > INPUT_MAX) return size;
    memmove(at + place + count, at + place, size - place);
    memcpy(at + place, what, count);
    return size + count;
}

static size_t mutate(uint8_t *at, size_t size)
{
    static const char *const words[] = {
        "0",    "-1",   "null",    "9223372036854775807",
        "\"\"", "[]",   "{}",      "18446744073709551616",
        "1e99", "true", "\n",      "\xff\xff\xff\xff\xff\xff\xff\xff",
        "\x80", "0.5",  "\\u0000", "\xf0\x9f\x98\x80"};
    size_t place = below(size + 1), count;
    switch (below(7)) {
    case 0:
        if (size) at[below(size)] = (uint8_t)next();
        return size;
    case 1:
        if (size) at[below(size)] ^= (uint8_t)(1u << below(8));
        return size;
    case 2: /* cut something out */
        count = below(size - place + 1);
        if (count > 32 && below(4)) count = below(32);
        memmove(at + place, at + place + count, size - place - count);
        return size - count;
    case 3: {
        const char *word = words[below(sizeof words / sizeof words[0])];
        return insert(at, size, place, (const uint8_t *)word, strlen(word));
    }
    case 4: { /* repeat something of its own */
        uint8_t part[256];
        count = below(size - place + 1);
        if (count > sizeof part) count = sizeof part;
        memcpy(part, at + place, count);
        return insert(at, size, below(size + 1), part, count);
    }
    case 5: { /* and of another */
        const struct file *other = &files[below(file_count)];
        size_t from = below(other->size + 1);
        count = below(other->size - from + 1);
        return insert(at, size, place, other->data + from, count);
    }
    default: return below(4) ? size : place; /* cut off */
    }
}

static void try_mutations(uint64_t count)
{
    static uint8_t input[INPUT_MAX];
    for (uint64_t i = 0; i < count && file_count; i++) {
        const struct file *file = &files[i % file_count];
        size_t size = file->size;
        memcpy(input, file->data, size);
        for (size_t n = 1 + below(4); n; n--)
            size = mutate(input, size);
        try_one(input, size);
    }
}

int main(int argc, char **argv)
{
    uint64_t mutations = 0;
    state = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--mutations") == 0 && i + 1 < argc)
            mutations = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            state = strtoull(argv[++i], NULL, 10) | 1;
        else
            read_path(argv[i]);
    }
    char name[4096];
    snprintf(name, sizeof name, "%s.trying", basename(argv[0]));
    trying_fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (trying_fd >= 0 && ftruncate(trying_fd, INPUT_MAX) == 0)
        trying = mmap(NULL, INPUT_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, trying_fd, 0);
    if (trying == MAP_FAILED) trying = NULL;
    try_one(NULL, 0);
    for (size_t i = 0; i < file_count; i++)
        try_one(files[i].data, files[i].size);
    try_mutations(mutations);
    for (size_t i = 0; i < file_count; i++) {
        free(files[i].path);
        free(files[i].data);
    }
    unlink(name);
    printf("%zu inputs and %llu mutations\n", file_count, (unsigned long long)mutations);
    return 0;
}
