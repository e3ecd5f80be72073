/* A round: files with an import first, then what is to be taken. Looking is inbox_folder.c's, the
 * texts and moves are inbox_report.c's. */
#include "intake/inbox_round.h"

#include "base/log.h"
#include "base/mem.h"
#include "intake/inbox_folder.h"
#include "intake/inbox_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLAIM_PREFIX = 25 }; /* "20261121-073000-5f3a9c21-" */

const char *inbox_claim_file(const char *claim)
{
    return strlen(claim) > CLAIM_PREFIX ? claim + CLAIM_PREFIX : claim;
}

static char *claim_name(const struct inbox_round *round, const char *file)
{
    char when[24];
    time_t seconds = (time_t)(round->now_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
    return mem_format("%.15s-%08x-%s", when, (unsigned)(round->random >> 32 ^ round->random), file);
}

static char *text_of(struct bytes bytes)
{
    return mem_text_n(bytes.data, bytes.size);
}

/* ---- files with an import */

struct looking {
    struct inbox_round *round;
    struct inbox_folder folder;
    struct store_txn *txn;
    struct inbox_held *held;
    size_t held_count;
    size_t missed; /* files with a row that lie nowhere */
    bool running;  /* an import of this inbox is going on */
};

static enum status find_job(struct looking *l, uint64_t number, struct import_job *job)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, number);
    enum status status = store_get(l->txn, TABLE_JOB, bytes_of(key, sizeof key), &value);
    return status == ST_OK ? import_job_read(value, job) : status;
}

static const char *kind_name(const struct inbox_round *round)
{
    return round->options->kind == FIGURE_AVAILABLE ? "available" : "on hand";
}

static struct inbox_file *claimed_file(const struct inbox_round *round, const char *claim)
{
    for (size_t i = 0; i < round->file_count; i++)
        if (round->files[i].claimed && strcmp(round->files[i].name, claim) == 0)
            return &round->files[i];
    return NULL;
}

static bool was_held(const struct inbox_round *round, const char *claim, uint64_t plan)
{
    for (size_t i = 0; i < round->held_count; i++)
        if (round->held[i].plan == plan && strcmp(round->held[i].claim, claim) == 0) return true;
    return false;
}

static enum status put_report(struct looking *l, enum inbox_place place, const char *claim,
                              const struct inbox_report *report)
{
    struct buf text;
    buf_init(&text, INBOX_REPORT_MAX);
    inbox_report_write(&text, report);
    enum status status = inbox_report_put(l->folder.at[place], l->folder.path[place], claim, &text,
                                          &l->round->problem);
    buf_free(&text);
    return status;
}

/* Its import goes on, or waits for a person. */
static void keep_held(struct looking *l, const char *claim, const struct inbox_report *report)
{
    const struct import_job *job = report->job;
    uint64_t plan = job->state == IMPORT_HELD ? job->plan : 0;
    l->running = l->running || job->state == IMPORT_RUNNING;
    if (plan && !was_held(l->round, claim, plan)) {
        if (put_report(l, INBOX_TAKEN, claim, report) != ST_OK) return; /* the next round tries */
        log_warning("inbox", "held", "inbox=%s job=%llu file=%s", report->inbox,
                    (unsigned long long)report->row->job, claim);
    }
    l->held = mem_resize(l->held, (l->held_count + 1) * sizeof *l->held);
    l->held[l->held_count++] = (struct inbox_held){.file = mem_text(report->file),
                                                   .claim = mem_text(claim),
                                                   .job = report->row->job,
                                                   .plan = plan};
}

static void remove_held_report(struct looking *l, const char *claim)
{
    char *name = mem_format("%s" INBOX_REPORT_SUFFIX, claim);
    unlinkat(l->folder.at[INBOX_TAKEN], name, 0);
    mem_free(name);
}

static void note_finished(struct looking *l, const char *claim, const struct inbox_report *report,
                          bool failed)
{
    struct inbox_round *round = l->round;
    const struct import_job *job = report->job;
    round->finished =
        mem_resize(round->finished, (round->finished_count + 1) * sizeof *round->finished);
    struct inbox_finished *finished = &round->finished[round->finished_count++];
    *finished = (struct inbox_finished){.claim = mem_text(claim), .file = mem_text(report->file)};
    finished->last.job = report->row->job;
    finished->last.failed = failed;
    finished->last.when_ms = round->now_ms;
    finished->last.state = job ? job->state : IMPORT_DONE;
    if (job) finished->last.counts = job->counts;
    finished->detail = job ? text_of(job->error) : mem_text(report->detail);
    memcpy(finished->last.digest, report->row->digest, IMPORT_DIGEST_SIZE);
}

/* A file that is not there may be back: its mount was lost, say. Without its row it would be taken
 * for a new one, so the row is kept for some time. */
static bool is_missed(struct looking *l, const struct import_job *job)
{
    bool missed = job && l->round->now_ms - job->ended_ms < INBOX_MISSED_MS;
    l->missed += missed;
    return missed;
}

/* Its import has ended: the report first, so that a file in done/ is never without one. */
static void finish(struct looking *l, const char *claim, struct inbox_report *report)
{
    const struct import_job *job = report->job;
    bool failed = job && (job->state == IMPORT_FAILED || job->state == IMPORT_CANCELLED);
    enum inbox_place place = failed ? INBOX_FAILED : INBOX_DONE;
    const struct inbox_file *file = claimed_file(l->round, claim);
    report->written_later = file && (file->size != report->row->size ||
                                     file->modified_ns / 1000000 != report->row->modified_ms);
    struct stat there;
    bool moved = !file && fstatat(l->folder.at[place], claim, &there, AT_SYMLINK_NOFOLLOW) == 0;
    if (!file && !moved && is_missed(l, job)) return;
    if (file && put_report(l, place, claim, report) != ST_OK) return;
    if (file && inbox_move(l->folder.at[INBOX_TAKEN], claim, l->folder.at[place], claim,
                           l->folder.path[place], &l->round->problem) != ST_OK)
        return;
    remove_held_report(l, claim);
    note_finished(l, claim, report, failed);
}

static void look_at_row(struct looking *l, struct bytes key, const struct inbox_row *row)
{
    struct import_job job;
    char *claim = text_of(key), *file = text_of(row->file), *inbox = text_of(row->inbox);
    enum status status = find_job(l, row->job, &job);
    struct inbox_report report = {.inbox = inbox,
                                  .file = file,
                                  .kind = kind_name(l->round),
                                  .row = row,
                                  .job = status == ST_OK ? &job : NULL,
                                  .detail = "its import has ended; its record is not kept any more",
                                  .txn = l->txn};
    bool open = report.job && (job.state == IMPORT_RUNNING || job.state == IMPORT_HELD);
    if (open)
        keep_held(l, claim, &report);
    else
        finish(l, claim, &report);
    mem_free(claim);
    mem_free(file);
    mem_free(inbox);
}

static bool is_ours(const struct looking *l, struct bytes key, const struct inbox_row *row)
{
    char *claim = text_of(key);
    bool ours = bytes_equal(row->inbox, bytes_text(l->round->options->name)) ||
                claimed_file(l->round, claim);
    mem_free(claim);
    return ours;
}

static enum status look_at_rows(struct looking *l)
{
    struct bytes key, value;
    struct inbox_row row;
    struct store_cursor *cursor = store_cursor(l->txn, TABLE_INBOX);
    enum status status = store_next(cursor, &key, &value);
    for (; status == ST_OK; status = store_next(cursor, &key, &value))
        if (inbox_key_is_claim(key) && inbox_row_read(value, &row) == ST_OK &&
            is_ours(l, key, &row))
            look_at_row(l, key, &row);
    store_cursor_close(cursor);
    return store_failed(l->txn, &l->round->problem);
}

static void read_last(struct looking *l)
{
    struct bytes value;
    uint8_t key[1 + 64] = {0};
    size_t size = strlen(l->round->options->name);
    if (size > 64) return;
    memcpy(key + 1, l->round->options->name, size);
    if (store_get(l->txn, TABLE_INBOX, bytes_of(key, size + 1), &value) != ST_OK) return;
    l->round->last = mem_text_n(value.data, value.size);
    l->round->last_size = value.size;
}

/* ---- taking */

static bool has_row(const struct looking *l, const char *claim)
{
    struct bytes value;
    return inbox_row_get(l->txn, bytes_text(claim), &value) == ST_OK;
}

static bool is_before(const struct inbox_file *a, const struct inbox_file *b)
{
    if (!b || a->claimed != b->claimed) return !b || a->claimed;
    if (a->modified_ns != b->modified_ns) return a->modified_ns < b->modified_ns;
    return strcmp(a->name, b->name) < 0;
}

static struct inbox_file *choose(struct looking *l)
{
    struct inbox_round *round = l->round;
    struct inbox_file *best = NULL;
    for (size_t i = 0; i < round->file_count; i++) {
        struct inbox_file *file = &round->files[i];
        if (file->claimed && has_row(l, file->name)) continue;
        if (inbox_file_settled(&l->folder, round, file) && is_before(file, best)) best = file;
    }
    return best;
}

/* Too large to be read at all. */
static void reject(struct looking *l, const struct inbox_file *file, const char *claim)
{
    struct inbox_round *round = l->round;
    char detail[200];
    snprintf(detail, sizeof detail,
             "the file has %llu bytes, more than the %lld that this inbox takes (`max-size`); "
             "nothing was read",
             (unsigned long long)file->size, (long long)round->options->size_max);
    const char *name = file->claimed ? inbox_claim_file(file->name) : file->name;
    const struct inbox_report report = {
        .inbox = round->options->name, .file = name, .detail = detail};
    int from = l->folder.at[file->claimed ? INBOX_TAKEN : INBOX_FOLDER];
    if (put_report(l, INBOX_FAILED, claim, &report) != ST_OK ||
        inbox_move(from, file->name, l->folder.at[INBOX_FAILED], claim,
                   l->folder.path[INBOX_FAILED], &round->problem) != ST_OK)
        return;
    round->rejected = mem_alloc(sizeof *round->rejected);
    *round->rejected = (struct inbox_finished){
        .claim = mem_text(claim), .file = mem_text(name), .detail = mem_text(detail)};
    round->rejected->last.when_ms = round->now_ms;
    round->rejected->last.state = IMPORT_FAILED;
    round->rejected->last.failed = true;
}

static void take(struct looking *l, const struct inbox_file *file)
{
    struct inbox_round *round = l->round;
    char *claim = file->claimed ? mem_text(file->name) : claim_name(round, file->name);
    if (file->size > (uint64_t)round->options->size_max) {
        reject(l, file, claim);
        mem_free(claim);
        return;
    }
    if (!file->claimed &&
        inbox_move(l->folder.at[INBOX_FOLDER], file->name, l->folder.at[INBOX_TAKEN], claim,
                   l->folder.path[INBOX_TAKEN], &round->problem) != ST_OK) {
        mem_free(claim);
        return;
    }
    round->feed = claim;
    round->feed_file = mem_text(inbox_claim_file(claim));
    round->feed_size = file->size;
    round->feed_modified_ns = file->modified_ns;
}

/* ---- the round */

static void free_held(struct inbox_held *held, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free(held[i].file);
        mem_free(held[i].claim);
    }
    mem_free(held);
}

static void look(struct looking *l)
{
    struct inbox_round *round = l->round;
    if (look_at_rows(l) != ST_OK) return;
    free_held(round->held, round->held_count);
    round->held = l->held;
    round->held_count = l->held_count;
    l->held = NULL;
    l->held_count = 0;
    round->missed = l->missed;
    read_last(l);
    struct inbox_file *file = round->finished_count ? NULL : choose(l);
    if (file && !l->running && round->may_take && round->problem.status == ST_OK) take(l, file);
}

void inbox_round_run(struct inbox_round *round)
{
    struct looking l = {.round = round};
    struct error *error = &round->problem;
    enum status status = inbox_folder_open(&l.folder, round->options->folder, error);
    if (status == ST_OK && round->watch) round->watch(round->watch_ctx, round->options->folder);
    if (status == ST_OK) status = inbox_folder_list(&l.folder, round, error);
    if (status == ST_OK) status = store_begin(round->store, STORE_READ, &l.txn, error);
    if (status == ST_OK) {
        look(&l);
        store_abort(l.txn);
    }
    free_held(l.held, l.held_count);
    inbox_folder_close(&l.folder);
}

static void free_finished(struct inbox_finished *finished, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free(finished[i].claim);
        mem_free(finished[i].file);
        mem_free(finished[i].detail);
    }
    mem_free(finished);
}

void inbox_round_clear(struct inbox_round *round)
{
    free_finished(round->finished, round->finished_count);
    free_finished(round->rejected, round->rejected ? 1 : 0);
    mem_free(round->feed);
    mem_free(round->feed_file);
    mem_free(round->last);
    round->finished = round->rejected = NULL;
    round->finished_count = round->last_size = 0;
    round->feed = round->feed_file = round->last = NULL;
    round->next_ms = 0;
    round->problem = (struct error){0};
}

void inbox_round_free(struct inbox_round *round)
{
    inbox_round_clear(round);
    for (size_t i = 0; i < round->file_count; i++) {
        mem_free(round->files[i].name);
        mem_free(round->files[i].why);
    }
    mem_free(round->files);
    free_held(round->held, round->held_count);
    *round = (struct inbox_round){0};
}
