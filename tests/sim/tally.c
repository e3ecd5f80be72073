/* Names of what is counted, and the table that people read. */
#include "tally.h"

#include "script_op.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Everything that a run can draw. A new ingredient gets a line here, and its place counts itself.
 */
static const struct {
    const char *group, *name;
} names[] = {
    {"process", "kill -9"},
    {"process", "kill -9 that takes commits along"},
    {"process", "restart in order"},
    {"process", "reload"},
    {"process", "login by a person"},
    {"machine", "clock set forward"},
    {"machine", "clock set back"},
    {"machine", "store that fails"},
    {"network", "refused"},
    {"network", "lost before it was carried out"},
    {"network", "carried out after it was given up"},
    {"network", "answer lost or late"},
    {"network", "5xx, not carried out"},
    {"network", "5xx, carried out"},
    {"network", "429 with Retry-After"},
    {"network", "429 without"},
    {"marketplace", "items refused"},
    {"marketplace", "items missing in an answer"},
    {"marketplace", "rows broken"},
    {"marketplace", "answer cut"},
    {"marketplace", "numbers as texts"},
    {"marketplace", "rows twice"},
    {"marketplace", "page instead of an answer"},
    {"marketplace", "403 without a body"},
    {"marketplace", "circuit is open"},
    {"marketplace", "body too large"},
    {"marketplace", "key dies"},
    {"marketplace", "new key"},
    {"marketplace", "warehouse closes"},
    {"marketplace", "warehouse opens"},
    {"buyers", "order"},
    {"buyers", "order of several lines"},
    {"buyers", "order shown late"},
    {"buyers", "order beyond what is shown"},
    {"buyers", "step of an order"},
    {"buyers", "order that somebody else nets"},
    {"buyers", "list of orders fails"},
    {"others", "figure raised by somebody else"},
    {"others", "figure lowered by somebody else"},
    {"others", "vanishes"},
    {"others", "is back"},
    {"others", "has another SKU"},
    {"others", "has its SKU again"},
    {"others", "has another barcode"},
    {"others", "is ended by hand"},
    {"others", "is put back by hand"},
    {"others", "warehouse renamed"},
    {"imports", "file brought for an import"},
    {"imports", "product that an import makes"},
    {"imports", "import that ended in its own life"},
    {"imports", "kill -9 amid an import"},
    {"imports", "import held by the guard"},
    {"imports", "import held amid"},
    {"imports", "held import goes on"},
    {"imports", "import undone as a whole"},
    {"imports", "import that cannot be undone"},
    {"imports", "figures taken over from an account"},
    {"imports", "dry run of an import from an account"},
    {"imports", "mirror begins a run"},
    {"imports", "kill -9 amid the undo of an import"},
    {"settings", "other limits of the guard"},
    {"settings", "account leaves"},
    {"settings", "account comes back"},
    {"settings", "old history forgotten"},
    {"lies", "spell of lies"},
    {"lies", "zeros"},
    {"lies", "figures of another account"},
    {"lies", "rows twice, with other figures"},
    {"lies", "an empty list"},
    {"lies", "half of a list"},
    {"lies", "a page with 200"},
    {"lies", "half of the bytes"},
    {"lies", "half of what was compressed"},
    {"focus", "figures cannot be read"},
    {"focus", "tokens cannot be renewed"},
    {"focus", "orders as they were before"},
    {"focus", "order forgotten"},
    /* What became of writes at accounts that import their orders (oracle_barrier.c). */
    {"writes by I17", "judged by what was shown since"},
    {"writes by I17", "judged by all that was ever shown"},
    {"writes by I17", "excused"},
};
enum { NAMES = sizeof names / sizeof *names };
_Static_assert((int)NAMES <= (int)TALLY_NAMES_MAX, "room for each");

static const char *const ends[TALLY_ENDS] = {"taken", "refused", "held", "failed"};

void tally_count(struct tally *tally, const char *name)
{
    for (int i = 0; i < NAMES; i++) {
        if (strcmp(names[i].name, name) != 0) continue;
        tally->of[i]++;
        return;
    }
    fprintf(stderr, "stockd-sim: nothing is called '%s' (tally.c)\n", name);
    abort();
}

void tally_add(struct tally *to, const struct tally *of)
{
    for (int i = 0; i < NAMES; i++)
        to->of[i] += of->of[i];
    for (int i = 0; i < OP_KINDS; i++)
        for (int end = 0; end < TALLY_ENDS; end++)
            to->commands[i][end] += of->commands[i][end];
    for (int i = 0; i < MARKET_KINDS; i++)
        to->accounts[i] += of->accounts[i];
    for (int i = 0; i < TALLY_WIDTHS; i++)
        to->figures[i] += of->figures[i];
    to->pieces_untold += of->pieces_untold;
}

static const int64_t widths[TALLY_WIDTHS - 1] = {0, 3, 10, 30};

void tally_figure(struct tally *tally, int64_t pieces)
{
    int width = 0;
    while (width < TALLY_WIDTHS - 1 && pieces > widths[width])
        width++;
    tally->figures[width]++;
    tally->pieces_untold += (uint64_t)pieces;
}

static void tell_figures(const struct tally *tally, FILE *out)
{
    static const char *const names_of[TALLY_WIDTHS] = {
        "exactly", "but for 1 to 3 pieces", "but for 4 to 10", "but for 11 to 30", "but for more"};
    fprintf(out, "figures on hand, compared with the record\n");
    for (int i = 0; i < TALLY_WIDTHS; i++)
        fprintf(out, "  %-36s %10" PRIu64 "\n", names_of[i], tally->figures[i]);
    fprintf(out, "  %-36s %10" PRIu64 "\n", "pieces that nobody can tell of", tally->pieces_untold);
}

static uint64_t asked(const struct tally *tally, int kind)
{
    uint64_t sum = 0;
    for (int end = 0; end < TALLY_ENDS; end++)
        sum += tally->commands[kind][end];
    return sum;
}

void tally_tell(const struct tally *tally, FILE *out)
{
    static const char *const kinds[MARKET_KINDS] = {"ozon", "wb", "allegro", "wix", "wix-v1"};
    const char *group = "";
    for (int i = 0; i < NAMES; i++) {
        if (strcmp(group, names[i].group) != 0) fprintf(out, "%s\n", names[i].group);
        group = names[i].group;
        fprintf(out, "  %-36s %10" PRIu64 "\n", names[i].name, tally->of[i]);
    }
    fprintf(out, "accounts\n");
    for (int i = 0; i < MARKET_KINDS; i++)
        fprintf(out, "  %-36s %10" PRIu64 "\n", kinds[i], tally->accounts[i]);
    tell_figures(tally, out);
    fprintf(out, "%-38s %10s %10s %10s %10s\n", "commands", ends[0], ends[1], ends[2], ends[3]);
    for (int i = 0; i < OP_KINDS; i++) {
        fprintf(out, "  %-36s", op_name((enum op_kind)i));
        for (int end = 0; end < TALLY_ENDS; end++)
            fprintf(out, " %10" PRIu64, tally->commands[i][end]);
        fputc('\n', out);
    }
}

uint32_t tally_missing(const struct tally *tally, FILE *out)
{
    static const char *const rare = "is put back by hand"; /* one of thousands of runs */
    uint32_t missing = 0;
    for (int i = 0; i < NAMES; i++) {
        if (tally->of[i] || strcmp(names[i].name, rare) == 0) continue;
        fprintf(out, "never happened: %s: %s\n", names[i].group, names[i].name);
        missing++;
    }
    for (int i = 0; i < OP_KINDS; i++) {
        if (asked(tally, i) && tally->commands[i][TALLY_TAKEN]) continue;
        fprintf(out, "never taken: command %s\n", op_name((enum op_kind)i));
        missing++;
    }
    for (int i = 0; i < MARKET_KINDS; i++) {
        if (tally->accounts[i]) continue;
        fprintf(out, "never in a world: marketplace %d\n", i);
        missing++;
    }
    return missing;
}
