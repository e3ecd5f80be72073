/* Plugins: shared objects found, checked and described. A file is loaded only after its owner,
 * mode and ELF extents were looked at; what it declares is believed only after every pointer,
 * count, name and index was checked, and then only through a normalised copy, so that the rest of
 * stockd never meets an old layout. What does not fit is refused with a sentence that names the
 * file and the mismatch, and the others go on.
 *
 * OWNERSHIP. Plugins belong to the registry, which must outlive their instances. A loaded file is
 * never unloaded. Loaded once per device and inode: loading a name again gives the same plugin
 * until the file was replaced by another.
 *
 * CONCURRENCY. Registry functions: one thread (the loop's, or main before it). A `struct plugin` is
 * constant: any thread.
 *
 * PATHS. A file is opened once, checked, and loaded by its path, for debuggers to find it. A file
 * that replaced one which is still loaded is loaded through /proc/self/fd, since the linker would
 * give the old object for the old path. */
#ifndef STOCKD_PLUGIN_LOADER_H
#define STOCKD_PLUGIN_LOADER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stockd/plugin.h>

struct plugin;
struct plugin_guard;
struct plugin_registry;

/* `directories` are searched in order; the first that holds NAME.so decides. `guard` (crash.h) may
 * be NULL: then nothing is quarantined, and crashes are not recorded. It must outlive the registry.
 */
struct plugin_registry *plugin_registry_new(const char *const *directories, size_t count,
                                            struct plugin_guard *guard);
void plugin_registry_free(struct plugin_registry *registry);

/* ST_NOT_FOUND: no such file. ST_DENIED: its owner, mode, or a quarantine. ST_UNSUPPORTED: another
 * ABI or machine. ST_DAMAGED: cut or not an ELF shared object. ST_INVALID: what it declares. */
enum status plugin_registry_load(struct plugin_registry *registry, const char *name,
                                 const struct plugin **plugin, struct error *error);

/* A plugin linked into the program (simulator, tests): the same checks of what it declares, but
 * those of memory extents. */
enum status plugin_registry_add(struct plugin_registry *registry,
                                const struct stockd_plugin *declared, const struct plugin **plugin,
                                struct error *error);

/* Every NAME.so of the directories, in name order: loaded, or refused with its sentence. */
typedef void plugin_found_fn(void *ctx, const char *name, const struct plugin *plugin,
                             const struct error *error);
void plugin_registry_each(struct plugin_registry *registry, plugin_found_fn *found, void *ctx);

/* The normalised copy: all structs and table elements of this ABI's size, missing tails zero,
 * scratch_max and route minima and times at their defaults. Lives as long as the registry. */
const struct stockd_plugin *plugin_declared(const struct plugin *plugin);
const char *plugin_id(const struct plugin *plugin);
const char *plugin_file(const struct plugin *plugin); /* path, or "(built in)" */
bool plugin_offers(const struct plugin *plugin, enum stockd_operation operation);
/* NULL: no such option. */
const struct stockd_option *plugin_option(const struct plugin *plugin, const char *name);

/* The routes the item can take, best first: only valid ones, none twice. 0: it can take none. Any
 * thread. */
size_t plugin_item_routes(const struct plugin *plugin, const struct stockd_item *item,
                          uint32_t routes[STOCKD_ROUTES_MAX]);

/* "list_warehouses", "push_stock" ...: the names in logs, documents and the API. Static. */
const char *plugin_operation_name(enum stockd_operation operation);

#endif
