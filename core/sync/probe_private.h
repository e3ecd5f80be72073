/* What the files of a probe share. Loop thread, but for what says otherwise. */
#ifndef STOCKD_SYNC_PROBE_PRIVATE_H
#define STOCKD_SYNC_PROBE_PRIVATE_H

#include "sync/private.h"
#include "sync/probe.h"

enum { PROBE_STAGES = 3, PROBE_WORDS_MAX = 100, PROBE_WAREHOUSES_MAX = 1000 };

extern const enum sync_task probe_stages[PROBE_STAGES];

struct found {
    struct sync_probe_listing shown;
    uint64_t product;
    bool by_barcode, ours;
    uint32_t order;
};

struct word {
    const char *code, *text;
};

struct sync_probe {
    struct sync_account account; /* first */
    struct sync_probe *next;
    void (*changed)(void *ctx);
    void *ctx;
    uint32_t listings_max, stage, stage_number, stage_count;
    bool ended, ok, dropped, enough, refused, whole;
    char code[100], text[SYNC_TEXT_MAX];
    int64_t key_expires_ms, done, total;
    struct arena memory;
    struct sync_operation *operation;

    struct word warnings[PROBE_WORDS_MAX], denied[PROBE_WORDS_MAX];
    uint32_t warning_count, denied_count;
    struct sync_probe_warehouse warehouses[PROBE_WAREHOUSES_MAX];
    uint32_t warehouse_count;
    struct found *found;                    /* [engine thread] while a step is being matched */
    uint32_t found_count, found_room, kept; /* kept: of the steps before */
    uint32_t by_sku, by_barcode, unmatched, conflicts, not_ours;
};

/* What it may not do. */
void probe_denied(struct sync_probe *probe, const char *operation, const char *text);
/* Sorts what was found and counts it, when nothing more comes. */
void probe_count(struct sync_probe *probe);

#endif
