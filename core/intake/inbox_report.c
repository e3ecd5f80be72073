/* Reports of inbox files, and moving files so that none is lost. What is decided about a file is
 * inbox_round.c's. */
#include "intake/inbox_report.h"

#include "base/mem.h"
#include "engine/keys.h"
#include "engine/plan.h"
#include "intake/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the text */

static void write_refused(struct buf *out, const struct inbox_report *r, uint64_t refused)
{
    uint8_t prefix[8];
    struct bytes key, value, reason;
    uint32_t column;
    uint64_t told = 0;
    bytes_put_u64(prefix, r->row->job);
    struct bytes all = bytes_of(prefix, sizeof prefix);
    struct store_cursor *cursor = store_cursor(r->txn, TABLE_JOB_BAD);
    enum status status = store_seek(cursor, all, &key, &value);
    for (; status == ST_OK && key.size == 16 && key_starts(key, all);
         status = store_next(cursor, &key, &value)) {
        if (import_refusal_read(value, &column, &reason) != ST_OK) continue;
        buf_format(out, "line %llu",
                   (unsigned long long)bytes_get_u64((const uint8_t *)key.data + 8));
        if (column) buf_format(out, ", column %u", column);
        buf_format(out, ": %.*s\n", (int)reason.size, (const char *)reason.data);
        told++;
    }
    store_cursor_close(cursor);
    if (refused > told)
        buf_format(out, "and %llu more, whose reasons are not kept\n",
                   (unsigned long long)(refused - told));
}

static void write_job(struct buf *out, const struct inbox_report *r)
{
    const struct import_job *job = r->job;
    const struct import_counts *c = &job->counts;
    char plan[PLAN_ID_TEXT];
    buf_format(out, "result: %s\n", import_state_name(job->state));
    if (job->error.size)
        buf_format(out, "why: %.*s\n", (int)job->error.size, (const char *)job->error.data);
    if (job->found.size)
        buf_format(out, "read as: %.*s\n", (int)job->found.size, (const char *)job->found.data);
    buf_format(out, "figures: %s%s%.*s\n", r->kind, job->warehouse.size ? ", of warehouse " : "",
               (int)job->warehouse.size, (const char *)job->warehouse.data);
    buf_format(out, "rows: %llu: %llu changed, %llu were so already, %llu refused",
               (unsigned long long)c->rows, (unsigned long long)c->changed,
               (unsigned long long)c->unchanged, (unsigned long long)c->refused);
    if (c->created) buf_format(out, ", %llu products created", (unsigned long long)c->created);
    buf_char(out, '\n');
    if (job->state == IMPORT_HELD && job->plan) {
        plan_id_text(job->plan, plan);
        buf_format(out,
                   "to see what it would change:  stockctl plan show %s\n"
                   "to do it all the same:        stockctl apply %s\n"
                   "to give it up:                stockctl drop %s\n",
                   plan, plan, plan);
    }
    if (c->refused && r->txn) {
        buf_text(out, "\nrefused rows (nothing was changed by them):\n");
        write_refused(out, r, c->refused);
    }
}

void inbox_report_write(struct buf *out, const struct inbox_report *r)
{
    char when[CLOCK_TEXT_MAX];
    buf_format(out, "file: %s\ninbox: %s\n", r->file, r->inbox);
    if (r->row) {
        buf_format(out, "import: %llu\nbytes: %llu\n", (unsigned long long)r->row->job,
                   (unsigned long long)r->row->size);
        if (r->job) buf_format(out, "taken: %s\n", clock_text(r->job->started_ms, when));
        if (r->row->same_as)
            buf_format(out,
                       "note: the content is the same, byte for byte, as that of the file before "
                       "it (import %llu)\n",
                       (unsigned long long)r->row->same_as);
    }
    if (r->written_later)
        buf_text(out, "WARNING: the file was written to after it had been taken; what was added "
                      "then was not read. Put the whole file into the folder again, and raise the "
                      "inbox's `settle`.\n");
    if (r->job)
        write_job(out, r);
    else
        buf_format(out, "result: %s\n", r->detail);
}

/* ---- files */

static enum status fail(const char *what, const char *path, const char *name, int code,
                        struct error *error)
{
    if (code == ENOSPC || code == EDQUOT)
        return error_set(error, ST_FULL, "%s: there is no room to %s %s; make room there", path,
                         what, name);
    return error_set(error, ST_IO, "%s: cannot %s %s: %s", path, what, name, strerror(code));
}

enum status inbox_report_put(int directory, const char *path, const char *claim,
                             const struct buf *text, struct error *error)
{
    char *name = mem_format("%s" INBOX_REPORT_SUFFIX, claim);
    char *part = mem_format(".%s", name);
    enum status status = ST_OK;
    unlinkat(directory, part, 0); /* of a life before */
    int fd = openat(directory, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) {
        status = fail("write", path, name, errno, error);
    } else {
        struct error why = {0};
        status = import_file_write(fd, part, text->data, text->size, &why);
        int code = status == ST_OK && fsync(fd) != 0 ? errno : 0;
        if (close(fd) != 0 && !code) code = errno;
        if (status == ST_FULL) code = ENOSPC;
        if (status != ST_OK && !code) code = EIO;
        if (!code && renameat(directory, part, directory, name) != 0) code = errno;
        if (!code && fsync(directory) != 0) code = errno;
        status = code ? fail("write", path, name, code, error) : ST_OK;
        if (code) unlinkat(directory, part, 0);
    }
    mem_free(name);
    mem_free(part);
    return status;
}

enum status inbox_move(int from, const char *from_name, int to, const char *to_name,
                       const char *to_path, struct error *error)
{
    int code = renameat2(from, from_name, to, to_name, RENAME_NOREPLACE) == 0 ? 0 : errno;
    if (code == EINVAL || code == ENOSYS) { /* some network file systems; the name is unique */
        struct stat there;
        bool taken = fstatat(to, to_name, &there, AT_SYMLINK_NOFOLLOW) == 0;
        code = taken ? EEXIST : renameat(from, from_name, to, to_name) == 0 ? 0 : errno;
    }
    if (code == ENOENT)
        return error_set(error, ST_NOT_FOUND, "%s: %s is gone before it was moved there", to_path,
                         from_name);
    /* Not synced is not lost: a crash may bring the old name back, and the row says what it is. */
    if (!code && (fsync(to) != 0 || fsync(from) != 0)) code = errno == EINVAL ? 0 : errno;
    return code ? fail("move a file to", to_path, to_name, code, error) : ST_OK;
}
