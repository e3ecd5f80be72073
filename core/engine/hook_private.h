/* What the files of hooks share. For hook*.c only. */
#ifndef STOCKD_ENGINE_HOOK_PRIVATE_H
#define STOCKD_ENGINE_HOOK_PRIVATE_H

#include "engine/hook.h"
#include "engine/state.h"

void hook_head_write(struct buf *out, const struct hook_head *head);
struct hook_head hook_head_get(struct wire_reader *r);

/* One delivery being applied. */
struct hooking {
    struct applying *a;
    struct hook_head head;
    const struct directory_warehouse *warehouse;
    struct hook_told *told; /* never NULL */
    struct hook_told *own;  /* when the command brought none */
};
/* Finds what the head names. `done`: it was told before. */
enum status hooking_begin(struct hooking *h, struct applying *a, struct wire_reader *r, bool *done);
/* Keeps what came of it. */
enum status hooking_end(struct hooking *h, enum status status);
void hooking_refuse(struct hooking *h, uint32_t row, uint32_t line, enum hook_refusal why);
/* Every row was refused: nothing is done. */
enum status hooking_refuse_all(struct hooking *h);
/* 0: there is none. */
enum status hook_product(struct applying *a, struct bytes sku, uint64_t *product);
/* The number of this hook as a source of orders, made when there is none yet. */
enum status hook_source(struct hooking *h, uint32_t *source);

#endif
