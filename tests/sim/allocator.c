/* How the allocator that the simulator is linked with is to work (jemalloc(3), TUNING): one thread,
 * one arena, nothing given back to the kernel before the end, blocks of up to 128 KiB kept at hand,
 * huge pages: a run goes through all of its memory again and again, more of it than small pages can
 * be known to the processor at a time. Not built where there is only the C library's. */

extern const char *malloc_conf;
__attribute__((visibility("default"))) const char *malloc_conf =
    "narenas:1,dirty_decay_ms:-1,muzzy_decay_ms:-1,lg_tcache_max:17,thp:always,"
    "metadata_thp:always";
