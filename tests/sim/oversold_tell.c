/* What was found, for people: a line for each sale and cause, and totals. */
#include "oversold.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[OVERSOLD_CAUSES] = {
    [OVERSOLD_BY_MARKET] = "sold by the marketplace",
    [OVERSOLD_GIVEN_BACK] = "given back there",
    [OVERSOLD_FOREIGN] = "somebody else wrote",
    [OVERSOLD_LIED] = "a reading lied",
    [OVERSOLD_NOT_LISTED] = "ordered, not listed yet",
    [OVERSOLD_INTERVAL] = "listed, not read yet",
    [OVERSOLD_LIST_FAILS] = "readings of orders fail",
    [OVERSOLD_DOWN] = "the process was down",
    [OVERSOLD_KEY] = "dead key",
    [OVERSOLD_STATE] = "account paused or parked",
    [OVERSOLD_CLOCK] = "the clock was set",
    [OVERSOLD_QUOTA] = "waits on the quota",
    [OVERSOLD_TURN] = "about to be composed",
    [OVERSOLD_CADENCE] = "cadence of the pair",
    [OVERSOLD_BARRIER] = "waits for a reading",
    [OVERSOLD_UNRESOLVED] = "a write is unresolved",
    [OVERSOLD_BREAKER] = "waits after failures",
    [OVERSOLD_SHUT] = "shut out there",
    [OVERSOLD_REFUSED] = "refused there",
    [OVERSOLD_PLACE] = "warehouse or listing shut",
    [OVERSOLD_HELD] = "the order is held",
    [OVERSOLD_RULE] = "a rule forbids it",
    [OVERSOLD_GUARD] = "held by the guard",
    [OVERSOLD_WIRE] = "on the wire",
    [OVERSOLD_NOT_SHOWN] = "taken, not shown yet",
    [OVERSOLD_EXTERNAL] = "orders not imported",
    [OVERSOLD_NOT_TOLD] = "cannot be told",
    [OVERSOLD_NONE] = "NONE",
};

const char *oversold_cause_name(enum oversold_cause cause)
{
    return names[cause];
}

void oversold_add(struct oversold_list *to, const struct oversold_list *of)
{
    to->orders += of->orders;
    to->pieces += of->pieces;
    if (to->room < to->count + of->count) {
        to->room = 2 * (to->count + of->count);
        to->rows = mem_resize(to->rows, to->room * sizeof *to->rows);
    }
    if (of->count) memcpy(to->rows + to->count, of->rows, of->count * sizeof *of->rows);
    to->count += of->count;
}

void oversold_list_free(struct oversold_list *list)
{
    mem_free(list->rows);
    *list = (struct oversold_list){0};
}

/* ---- lines */

static void tell_time(const char *what, int64_t us, int64_t sale_us, FILE *out)
{
    if (us < 0 || us == INT64_MAX)
        fprintf(out, " %s -", what);
    else if (us > sale_us)
        fprintf(out, " %s +%.1fs", what, (double)(us - sale_us) / 1e6);
    else
        fprintf(out, " %s -%.1fs", what, (double)(sale_us - us) / 1e6);
}

void oversold_rows(const struct oversold_list *list, FILE *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct oversold_row *r = &list->rows[i];
        fprintf(out, "  %.1fs %s: %lld piece%s of %lld sold, %lld shown, %lld there: %s\n",
                (double)r->at_us / 1e6, r->pair, (long long)r->pieces, r->pieces == 1 ? "" : "s",
                (long long)r->sold, (long long)r->shown, (long long)r->there, names[r->cause]);
        if (!r->origin[0]) continue;
        fprintf(out, "      gone by %s:", r->origin);
        tell_time("happened", r->happened_us, r->at_us, out);
        tell_time("listed", r->listed_us, r->at_us, out);
        tell_time("known", r->known_us, r->at_us, out);
        tell_time("composed", r->composed_us, r->at_us, out);
        tell_time("landed", r->landed_us, r->at_us, out);
        fputc('\n', out);
        if (r->cause == OVERSOLD_NOT_TOLD) fprintf(out, "      %s\n", r->note);
    }
}

/* ---- totals */

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void total(const struct oversold_list *list, int cause, int64_t all, FILE *out)
{
    int64_t *delays = mem_array(list->count + 1, sizeof *delays);
    int64_t pieces = 0;
    size_t count = 0, sales = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct oversold_row *r = &list->rows[i];
        if ((int)r->cause != cause) continue;
        pieces += r->pieces;
        sales++;
        if (r->happened_us >= 0) delays[count++] = (r->at_us - r->happened_us) / 1000;
    }
    qsort(delays, count, sizeof *delays, by_time);
    if (sales && count)
        fprintf(out, "%-26s %8lld %5.1f %% %6zu %9.1f %9.1f %9.1f\n", names[cause],
                (long long)pieces, 100.0 * (double)pieces / (double)all, sales,
                (double)delays[count / 2] / 1000, (double)delays[count * 9 / 10] / 1000,
                (double)delays[count - 1] / 1000);
    else if (sales)
        fprintf(out, "%-26s %8lld %5.1f %% %6zu\n", names[cause], (long long)pieces,
                100.0 * (double)pieces / (double)all, sales);
    mem_free(delays);
}

void oversold_totals(const struct oversold_list *list, FILE *out)
{
    int64_t all = 0;
    for (size_t i = 0; i < list->count; i++)
        all += list->rows[i].pieces;
    fprintf(out, "%llu orders of %llu pieces; %lld pieces were sold that were not there\n",
            (unsigned long long)list->orders, (unsigned long long)list->pieces, (long long)all);
    if (all == 0) return;
    fprintf(out, "%-26s %8s %7s %6s %9s %9s %9s\n", "cause", "pieces", "share", "sales", "median s",
            "p90 s", "longest s");
    for (int cause = 0; cause < OVERSOLD_CAUSES; cause++)
        total(list, cause, all, out);
}
