/* Schema versions and the way from one to the next. What a migration does to records is the engine's
 * (engine/schema.c). */
#include "store/schema.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/files.h"

static const struct store_migration known[] = {{.from = 1}, {.from = 2}};
static const struct store_schema current = {STORE_SCHEMA, known, sizeof known / sizeof *known};

enum { COPY_NAMES_MAX = 100 };

const struct store_schema *store_schema_current(void)
{
    return &current;
}

enum status store_schema_read(struct store_txn *txn, uint32_t *version, struct error *error)
{
    struct bytes value;
    *version = 0;
    enum status status = store_get(txn, TABLE_META, bytes_text(STORE_META_SCHEMA), &value);
    if (status == ST_OK && value.size == sizeof *version) {
        *version = bytes_get_u32(value.data);
        return ST_OK;
    }
    if (status == ST_OK)
        return error_set(error, ST_DAMAGED, "store: its schema version has %zu bytes, not 4",
                         value.size);
    if (status != ST_NOT_FOUND) return store_failed(txn, error);
    for (unsigned table = 0; table < TABLE_COUNT; table++)
        if (store_count(txn, table) > 0)
            return error_set(error, ST_DAMAGED,
                             "store: table %s has rows, but no schema version is written down; it "
                             "is damaged or not a store of stockd; restore a backup",
                             store_table_name(table));
    return error_set(error, ST_NOT_FOUND, "store: it is empty and has no schema version");
}

static const struct store_migration *step_from(const struct store_schema *schema, uint32_t version)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->migrations[i].from == version) return &schema->migrations[i];
    return NULL;
}

enum status store_schema_known(const struct store_schema *schema, uint32_t version,
                               struct error *error)
{
    if (version > schema->version)
        return error_set(
            error, ST_UNSUPPORTED,
            "store: it has schema %u, this program knows %u: it was written by a newer "
            "stockd; install that one, or restore a backup from before the upgrade",
            version, schema->version);
    for (uint32_t v = version; v < schema->version; v++)
        if (!step_from(schema, v))
            return error_set(error, ST_UNSUPPORTED,
                             "store: it has schema %u, and this program cannot bring schema %u to "
                             "%u; upgrade by way of an older stockd",
                             version, v, v + 1);
    return ST_OK;
}

static enum status write_version(struct store_txn *txn, uint32_t version)
{
    uint8_t bytes[4];
    bytes_put_u32(bytes, version);
    return store_put(txn, TABLE_META, bytes_text(STORE_META_SCHEMA), bytes_of(bytes, sizeof bytes));
}

/* A failed transaction's commit says why. */
static enum status first_open(struct store *store, uint32_t version, struct error *error)
{
    struct store_txn *txn;
    enum status status = store_begin(store, STORE_WRITE, &txn, error);
    if (status != ST_OK) return status;
    write_version(txn, version);
    return store_commit(txn, error);
}

static enum status copy_before(struct store *store, const char *base, uint32_t version, char **copy,
                               struct error *error)
{
    enum status status = ST_EXISTS;
    for (int i = 1; i <= COPY_NAMES_MAX && status == ST_EXISTS; i++) {
        mem_free(*copy);
        *copy = i == 1 ? mem_format("%s.schema-%u", base, version)
                       : mem_format("%s.schema-%u-%d", base, version, i);
        status = store_backup(store, *copy, error);
    }
    if (status != ST_OK) error_prefix(error, "copy before migrating from schema %u", version);
    return status;
}

static enum status migrate(struct store *store, const struct store_schema *schema, uint32_t from,
                           struct error *error)
{
    struct store_txn *txn;
    enum status status = store_begin(store, STORE_WRITE, &txn, error);
    if (status != ST_OK) return status;
    for (uint32_t v = from; v < schema->version; v++) {
        const struct store_migration *step = step_from(schema, v);
        status = step->run ? step->run(txn, error)
                           : error_set(error, ST_UNSUPPORTED, "only the daemon can do that");
        if (status == ST_OK) continue;
        store_abort(txn);
        error_prefix(error, "store: migrating from schema %u to %u (nothing was changed)", v,
                     v + 1);
        return status;
    }
    write_version(txn, schema->version);
    status = store_commit(txn, error);
    if (status != ST_OK)
        error_prefix(error, "store: migrating from schema %u to %u (nothing was changed)", from,
                     schema->version);
    return status;
}

static enum status copy_and_migrate(struct store *store, const struct store_schema *schema,
                                    uint32_t version, const char *copy_base, struct error *error)
{
    char *copy = NULL;
    enum status status = ST_OK;
    if (copy_base) status = copy_before(store, copy_base, version, &copy, error);
    if (status == ST_OK) {
        status = migrate(store, schema, version, error);
        /* A daemon that is started again and again would fill the disk. */
        if (status != ST_OK && copy) files_remove_directory(copy);
    }
    if (status == ST_OK) {
        char quoted[LOG_QUOTED_MAX];
        log_info("store", "migrated", "from=%u to=%u copy=%s", version, schema->version,
                 log_quote(copy ? copy : "none", quoted));
    }
    mem_free(copy);
    return status;
}

enum status store_schema_prepare(struct store *store, const struct store_schema *schema,
                                 const char *copy_base, struct error *error)
{
    struct store_txn *txn;
    uint32_t version;
    enum status status = store_begin(store, STORE_READ, &txn, error);
    if (status != ST_OK) return status;
    status = store_schema_read(txn, &version, error);
    store_abort(txn);
    if (status == ST_NOT_FOUND) return first_open(store, schema->version, error);
    if (status == ST_OK) status = store_schema_known(schema, version, error);
    if (status != ST_OK || version == schema->version) return status;
    return copy_and_migrate(store, schema, version, copy_base, error);
}
