/* What jobs.c and jobs_task.c share. */
#ifndef SIM_JOBS_PRIVATE_H
#define SIM_JOBS_PRIVATE_H

#include "base/runtime.h"
#include "jobs.h"
#include "jobs_files.h"

struct jobs {
    struct runtime runtime; /* first: what imports see */
    struct runtime *below;
    struct sim *sim;
    struct imports *imports;
    struct mirrors *mirrors;
    bool stopped, mirrors_stopped;
    char directory[64];
    struct files *files;
    uint64_t foreseen; /* the last command there was when a worker last looked; UINT64_MAX: none */
    uint64_t chunk_held; /* the import of which a chunk was held last; 0: none was */
};

/* jobs_task.c: in the place of the runtime's own. */
void jobs_engine_submit(struct runtime *runtime, struct engine_task *task);
void jobs_work_submit(struct runtime *runtime, struct work_task *task);

#endif
