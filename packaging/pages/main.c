/* stockd-pages: writes one manual page or completion file to standard output. Only the build runs
 * it; see packaging/CMakeLists.txt. */
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *slurp(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = calloc(1, PAGE_MAX);
    if (!file || !text) {
        fprintf(stderr, "stockd-pages: %s cannot be read\n", path);
        exit(1);
    }
    size_t size = fread(text, 1, PAGE_MAX - 1, file);
    text[size] = 0;
    fclose(file);
    return text;
}

static int write_page(int argc, char **argv, struct buf *out)
{
    const char *what = argc > 1 ? argv[1] : "";
    char *first = argc > 2 ? slurp(argv[2]) : NULL, *second = argc > 3 ? slurp(argv[3]) : NULL;
    int code = 0;
    if (strcmp(what, "stockctl") == 0)
        page_stockctl(out);
    else if (strcmp(what, "conf") == 0)
        page_conf(out);
    else if (strcmp(what, "bash") == 0)
        completion_bash(out);
    else if (strcmp(what, "zsh") == 0)
        completion_zsh(out);
    else if (strcmp(what, "plugin") == 0 && first)
        page_plugin(out, first);
    else if (strcmp(what, "program") == 0 && second)
        page_program(out, first, second);
    else
        code = 2;
    free(first);
    free(second);
    return code;
}

int main(int argc, char **argv)
{
    struct buf out;
    buf_init(&out, PAGE_MAX);
    int code = write_page(argc, argv, &out);
    if (code)
        fputs("usage: stockd-pages stockctl | conf | bash | zsh | plugin HEADER | "
              "program SKELETON HELP\n",
              stderr);
    fputs(buf_cstr(&out), stdout);
    buf_free(&out);
    return fflush(stdout) ? 1 : code;
}
