/* Answers that were really seen, one JSON file each: {endpoint: "POST /path", status, headers,
 * body}. */
#ifndef PLUGIN_SAMPLES_H
#define PLUGIN_SAMPLES_H

#include "plugin_fixture.h"

struct sample {
    char name[128];
    char method[12];
    char path[256];
    struct check_answer answer;
    struct check_pair headers[8];
    json_t *file;
    char *body;
};

/* Reads a file of `folder`; false where it is no recorded answer. sample_free() either way. */
bool sample_read(const char *folder, const char *name, struct sample *sample);
void sample_free(struct sample *sample);

#endif
