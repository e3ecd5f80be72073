/* Reading the recorded answers. */
#include "plugin_samples.h"

#include <stdio.h>
#include <stdlib.h>

/* The bytes of a sample's body as they stand in its file, which is indented by one. */
static char *body_text(const char *file)
{
    char text[65536] = "";
    FILE *stream = fopen(file, "r");
    if (!stream) return NULL;
    size_t size = fread(text, 1, sizeof(text) - 1, stream);
    fclose(stream);
    text[size] = '\0';
    char *body = strstr(text, "\"body\": "), *end = body ? strstr(body, "\n },") : NULL;
    return end ? strndup(body + 8, (size_t)(end + 3 - (body + 8))) : NULL;
}

bool sample_read(const char *folder, const char *name, struct sample *sample)
{
    char file[4096];
    *sample = (struct sample){.file = NULL};
    snprintf(file, sizeof(file), "%s/%s", folder, name);
    snprintf(sample->name, sizeof(sample->name), "%s", name);
    sample->file = json_load_file(file, 0, NULL);
    if (!sample->file) {
        /* Numbers beyond int64 are what one sample is about: the head is read without its body. */
        sample->body = body_text(file);
        sample->file = json_load_file(file, JSON_DECODE_INT_AS_REAL, NULL);
    }
    const char *endpoint = json_string_value(json_object_get(sample->file, "endpoint"));
    const char *path = endpoint ? strchr(endpoint, ' ') : NULL;
    if (!path) return false;
    snprintf(sample->method, sizeof(sample->method), "%.*s", (int)(path - endpoint), endpoint);
    snprintf(sample->path, sizeof(sample->path), "%s", path + 1);
    sample->answer.status = (int)json_number_value(json_object_get(sample->file, "status"));
    if (!sample->body)
        sample->body = json_dumps(json_object_get(sample->file, "body"), JSON_ENCODE_ANY);
    sample->answer.body = sample->body;
    sample->answer.headers = sample->headers;
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(sample->file, "headers"), key, value)
        sample->headers[sample->answer.header_count++] =
            (struct check_pair){key, json_string_value(value)};
    return true;
}

void sample_free(struct sample *sample)
{
    free(sample->body);
    json_decref(sample->file);
}
