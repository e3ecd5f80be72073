/* Marks around plugin code, the signal handler that tells which mark a fault belongs to, and the
 * watch for steps that do not come back. The file and the rules of quarantine are in
 * crash_record.c. */
#include "plugin/crash.h"

#include "base/log.h"
#include "base/mem.h"
#include "plugin/crash_record.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    STACK_SIZE =
        64 << 10, /* for the handler: a fault may be an overflow of the thread's own stack */
    SIGNALS = 5,
};

static const int guarded[SIGNALS] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

/* One thread's place. The mark is what survives the process; the rest is for the watch. */
struct slot {
    pthread_mutex_t lock; /* mark texts, since_us, told: the thread against the watch */
    struct crash_mark *mark;
    int64_t since_us;
    void *stack; /* ours, or NULL when the thread brought its own */
    bool taken, told;
};

struct plugin_guard {
    const struct clock_source *clock;
    struct crash_file *file;
    int fd;
    uint64_t generation;  /* tells a thread's slot of this guard from one of a guard before */
    pthread_mutex_t lock; /* taking and giving back slots */
    pthread_key_t at_exit;
    struct slot slots[GUARD_SLOTS];
};

/* Signal actions are the process's, so the guard is too. The handler reads only what its own thread
 * wrote. */
static struct plugin_guard *the_guard;
static struct sigaction previous[SIGNALS];
static atomic_uint_fast64_t generations;
static _Thread_local struct slot *my_slot;
static _Thread_local uint64_t my_generation;

/* ---------------------------------------------------------------------------------------------- */

/* A fault of this thread, or abort(); not a signal that somebody sent to the process. */
static bool is_own(const siginfo_t *info)
{
    return info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == getpid());
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    struct slot *slot = my_slot;
    if (slot && is_own(info) && atomic_load(&slot->mark->state) == MARK_INSIDE) {
        slot->mark->signal = number;
        atomic_store(&slot->mark->state, MARK_CRASHED);
    }
    for (size_t i = 0; i < SIGNALS; i++)
        if (guarded[i] == number) sigaction(number, &previous[i], NULL);
    /* A fault happens again when this returns, now with the action that was there before; what was
     * sent has to be sent again. */
    if (info->si_code <= 0) raise(number);
}

static void handlers_install(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(guarded[i], &action, &previous[i]);
}

/* A stack for the handler, unless the thread has one (a sanitizer's). */
static void *stack_install(void)
{
    stack_t old;
    if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE)) return NULL;
    void *memory =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_SIZE};
    sigaltstack(&stack, NULL);
    return memory;
}

static void stack_remove(void *memory)
{
    if (!memory) return;
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(memory, STACK_SIZE);
}

/* ---------------------------------------------------------------------------------------------- */

static void slot_give_back(void *at)
{
    struct slot *slot = at;
    if (!the_guard || my_slot != slot || my_generation != the_guard->generation) return;
    my_slot = NULL;
    stack_remove(slot->stack);
    pthread_mutex_lock(&the_guard->lock);
    slot->stack = NULL;
    slot->taken = false;
    pthread_mutex_unlock(&the_guard->lock);
}

static struct slot *slot_take(struct plugin_guard *guard)
{
    if (my_slot && my_generation == guard->generation) return my_slot;
    my_slot = NULL;
    pthread_mutex_lock(&guard->lock);
    for (size_t i = 0; i < GUARD_SLOTS && !my_slot; i++) {
        if (guard->slots[i].taken) continue;
        my_slot = &guard->slots[i];
        my_slot->taken = true;
    }
    pthread_mutex_unlock(&guard->lock);
    if (!my_slot) return NULL;
    my_generation = guard->generation;
    my_slot->stack = stack_install();
    pthread_setspecific(guard->at_exit, my_slot);
    return my_slot;
}

enum status plugin_guard_open(const char *path, const struct clock_source *clock,
                              struct plugin_guard **out, struct error *error)
{
    if (the_guard)
        return error_set(error, ST_EXISTS, "crash guard %s: this process has one already", path);
    struct plugin_guard *guard = mem_alloc(sizeof *guard);
    enum status status = crash_file_open(path, &guard->file, &guard->fd, error);
    if (status) {
        mem_free(guard);
        return status;
    }
    guard->clock = clock;
    guard->generation = atomic_fetch_add(&generations, 1) + 1;
    pthread_mutex_init(&guard->lock, NULL);
    pthread_key_create(&guard->at_exit, slot_give_back);
    crash_file_settle(guard->file);
    for (size_t i = 0; i < GUARD_SLOTS; i++) {
        pthread_mutex_init(&guard->slots[i].lock, NULL);
        guard->slots[i].mark = &guard->file->marks[i];
    }
    the_guard = guard;
    handlers_install();
    *out = guard;
    return ST_OK;
}

void plugin_guard_close(struct plugin_guard *guard)
{
    if (!guard) return;
    if (my_slot) slot_give_back(my_slot);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(guarded[i], &previous[i], NULL);
    pthread_key_delete(guard->at_exit);
    the_guard = NULL;
    for (size_t i = 0; i < GUARD_SLOTS; i++)
        pthread_mutex_destroy(&guard->slots[i].lock);
    pthread_mutex_destroy(&guard->lock);
    munmap(guard->file, sizeof *guard->file);
    close(guard->fd);
    mem_free(guard);
}

/* ---------------------------------------------------------------------------------------------- */

void plugin_guard_enter(struct plugin_guard *guard, const char *plugin, const char *account,
                        const char *operation)
{
    struct slot *slot = guard ? slot_take(guard) : NULL;
    if (!slot) return;
    struct crash_mark *mark = slot->mark;
    assert(atomic_load(&mark->state) == MARK_FREE);
    pthread_mutex_lock(&slot->lock);
    crash_text(mark->plugin, plugin);
    crash_text(mark->account, account);
    crash_text(mark->operation, operation);
    mark->entered_ms = clock_wall_ms(guard->clock);
    slot->since_us = clock_mono_us(guard->clock);
    slot->told = false;
    atomic_store(&mark->state, MARK_INSIDE);
    pthread_mutex_unlock(&slot->lock);
}

void plugin_guard_leave(struct plugin_guard *guard)
{
    struct slot *slot = guard ? my_slot : NULL;
    if (!slot || my_generation != guard->generation) return;
    struct crash_mark *mark = slot->mark;
    pthread_mutex_lock(&slot->lock);
    bool told = slot->told;
    int64_t ms = (clock_mono_us(guard->clock) - slot->since_us) / 1000;
    atomic_store(&mark->state, MARK_FREE);
    pthread_mutex_unlock(&slot->lock);
    if (ms <= GUARD_SLOW_MS) return;
    char account[LOG_QUOTED_MAX];
    log_warning("plugin", told ? "step-came-back" : "step-slow",
                "plugin=%s account=%s operation=%s ms=%lld limit=%d", mark->plugin,
                log_quote(mark->account, account), mark->operation, (long long)ms, GUARD_SLOW_MS);
}

/* ---------------------------------------------------------------------------------------------- */

size_t plugin_guard_overdue(struct plugin_guard *guard, int64_t now_us,
                            struct plugin_overdue out[GUARD_SLOTS])
{
    size_t count = 0;
    for (size_t i = 0; guard && i < GUARD_SLOTS; i++) {
        struct slot *slot = &guard->slots[i];
        struct crash_mark *mark = slot->mark;
        pthread_mutex_lock(&slot->lock);
        int64_t ms = (now_us - slot->since_us) / 1000;
        if (atomic_load(&mark->state) == MARK_INSIDE && !slot->told && ms > GUARD_HANG_MS) {
            slot->told = true;
            struct plugin_overdue *overdue = &out[count++];
            memcpy(overdue->plugin, mark->plugin, GUARD_TEXT_MAX);
            memcpy(overdue->account, mark->account, GUARD_TEXT_MAX);
            memcpy(overdue->operation, mark->operation, GUARD_TEXT_MAX);
            overdue->running_ms = ms;
            crash_file_add(guard->file, mark->plugin, mark->account, mark->operation, GUARD_HANG,
                           mark->entered_ms);
        }
        pthread_mutex_unlock(&slot->lock);
    }
    return count;
}

static const char *signal_word(int number)
{
    static const char *const names[SIGNALS] = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"};
    for (size_t i = 0; i < SIGNALS; i++)
        if (guarded[i] == number) return names[i];
    return "a hang";
}

enum status plugin_guard_check(struct plugin_guard *guard, const char *plugin, struct error *error)
{
    const struct crash_record *record = guard ? crash_file_find(guard->file, plugin) : NULL;
    if (!record || !record->quarantined) return ST_OK;
    char when[CLOCK_TEXT_MAX];
    return error_set(error, ST_DENIED,
                     "plugin '%s' is quarantined: it crashed %d times within %d minutes, last with "
                     "%s in %s at %s; 'stockctl plugin release %s' lets it back",
                     record->plugin, GUARD_CRASHES, GUARD_WINDOW_MS / 60000,
                     signal_word(record->signal), record->operation,
                     clock_text(record->times_ms[0], when), record->plugin);
}

enum status plugin_guard_release(struct plugin_guard *guard, const char *plugin,
                                 struct error *error)
{
    struct crash_record *record = crash_file_find(guard->file, plugin);
    if (!record || !record->quarantined)
        return error_set(error, ST_NOT_FOUND, "plugin '%s' is not quarantined", plugin);
    memset(record, 0, sizeof *record);
    return ST_OK;
}

size_t plugin_guard_list(struct plugin_guard *guard, struct plugin_crash out[GUARD_PLUGINS])
{
    size_t count = 0;
    for (size_t i = 0; guard && i < GUARD_PLUGINS; i++) {
        const struct crash_record *record = &guard->file->records[i];
        if (!record->plugin[0]) continue;
        struct plugin_crash *crash = &out[count++];
        *crash = (struct plugin_crash){.last_ms = record->times_ms[0],
                                       .signal = record->signal,
                                       .crashes = record->crashes,
                                       .quarantined = record->quarantined,
                                       .in_last_run = record->in_last_run};
        memcpy(crash->plugin, record->plugin, GUARD_TEXT_MAX);
        memcpy(crash->account, record->account, GUARD_TEXT_MAX);
        memcpy(crash->operation, record->operation, GUARD_TEXT_MAX);
    }
    return count;
}
