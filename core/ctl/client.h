/* Talking to the daemon: HTTP over its unix socket. One thread; each call waits for its answer. */
#ifndef STOCKD_CTL_CLIENT_H
#define STOCKD_CTL_CLIENT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CTL_ANSWER_MAX = 64 << 20, /* bytes of one answer: a page of 1000 rows is far below */
    CTL_LINE_MAX = 4 << 20,    /* bytes of one line of a stream */
};

enum ctl_result {
    CTL_ANSWERED,     /* status, type and body hold the answer */
    CTL_NO_DAEMON,    /* nobody listens there, or we may not; `error` says what to do */
    CTL_TIMED_OUT,    /* no whole answer in time */
    CTL_CUT_OFF,      /* the connection ended before the answer did; `error` says only why */
    CTL_INPUT_FAILED, /* the file to send could not be read */
};

struct ctl_request {
    const char *method, *path;
    const char *body;    /* JSON text, or NULL */
    int upload;          /* a descriptor to send instead, or -1 */
    int64_t upload_size; /* -1: not known */
    long timeout_s;      /* for all of it; 0: none */
    /* The command that tells whether it was carried out, where no answer does ("stockctl history");
     * NULL: it changes nothing. */
    const char *look;
    /* Called for each whole line of a successful answer as it comes; NULL: it is collected. */
    void (*line)(const char *text, void *ctx);
    /* Called now and then while sending. */
    void (*sent)(uint64_t bytes, int64_t of, void *ctx);
    void *ctx;
};

struct ctl_answer {
    long status;
    char type[80];   /* without parameters; "" when absent */
    struct buf body; /* of a collected answer, or of a refusal */
    char error[1024];
};

struct ctl_client;

struct ctl_client *ctl_client_new(const char *socket_path);
void ctl_client_free(struct ctl_client *client);
/* Asks for sentences in that language from now on ("ru"; a static text); NULL: as they are. */
void ctl_client_speak(struct ctl_client *client, const char *language);
const char *ctl_client_socket(const struct ctl_client *client);
/* `answer` is to be given to ctl_answer_free whatever the result. */
enum ctl_result ctl_client_ask(struct ctl_client *client, const struct ctl_request *request,
                               struct ctl_answer *answer);
void ctl_answer_free(struct ctl_answer *answer);

/* Appends `text` percent-encoded, so that any byte can stand in a path or a query. */
void ctl_encode(struct buf *out, const char *text);

#endif
