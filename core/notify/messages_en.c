/* Alerts in English. */
#include "notify/messages.h"

static const struct alert_words words[ALERT_RULES] = {
    /* why: what the marketplace said */
    [ALERT_TOKEN_DEAD] =
        {"access refused",
         "{account}: the marketplace no longer accepts the token or key: {why}. Nothing is sent "
         "there.",
         "Log in again with `stockctl account login {account}`, or put a new key into the "
         "account's file and run `stockctl reload`. When the same key is good again: "
         "`stockctl account check {account}`.",
         "{account}: access works again."},
    /* count: days left; what: the date */
    [ALERT_KEY_EXPIRES] =
        {"a key expires soon", "{account}: the key expires on {what}; days left: {count}.",
         "Make a new key in the seller's cabinet, put it into the account's file and run `stockctl "
         "reload`.",
         "{account}: the key is good for longer again."},
    [ALERT_PARKED] = {"an account is parked", "{account} is parked: {why}. Nothing is sent there.",
                      "Mend the cause, then run `stockctl account resume {account}`.",
                      "{account} is no longer parked."},
    /* count: minutes; limit: minutes */
    [ALERT_UNSENT] =
        {"changes are not sent",
         "{account}: the oldest change waits unsent for {count} min (limit: {limit} min).",
         "See what it waits for: `stockctl account show {account}`.",
         "{account}: changes are sent in time again."},
    /* what: the plan's id; why: the guard's sentence; count: figures */
    [ALERT_HELD] = {"the guard holds a change",
                    "Plan {what} is held; figures in it: {count}. {why}",
                    "Look at it with `stockctl plan show {what}`, then `stockctl apply {what}` or "
                    "`stockctl drop {what}`.",
                    "Plan {what} is no longer held."},
    /* what: the order; why: the SKU; count: pieces */
    [ALERT_OVERSELL] = {"sold more than there is",
                        "{account}: order {what} took more than was available of {why}; pieces "
                        "ordered: {count}.",
                        "Find the pieces elsewhere, or cancel the order at the marketplace before "
                        "its deadline: `stockctl order list --account {account} --open`.",
                        "{account}: order {what} is no longer open, or is covered."},
    /* what: the listing; why: the code and value */
    [ALERT_CONFLICT] =
        {"a listing is not clear",
         "{account}: listing {what} cannot be tied to one product ({why}). It gets "
         "no figures.",
         "See `stockctl listing list --account {account} --conflict` and decide with "
         "`stockctl listing link`.",
         "{account}: listing {what} is clear."},
    /* what: the schedule; why: when it was due */
    [ALERT_MISSED] =
        {"a scheduled run was missed", "{account}: `{what}` was due at {why} and is not done.",
         "See `stockctl schedule`, `stockctl run list` and `stockctl account show {account}`.",
         "{account}: {what} ran again."},
    /* what: "disk" or "map" and its path; count, limit: percent */
    [ALERT_DISK] = {"the store is running out of room",
                    "{what} is {count} % full (limit: {limit} %). When it is full nothing can be "
                    "changed.",
                    "Make room on the disk, or raise `store-size` in the section daemon and "
                    "restart.",
                    "{what} has room again: {count} % full."},
    /* what: the plugin; why: the sentence */
    [ALERT_PLUGIN] = {"a plugin is quarantined",
                      "Plugin {what} cannot be used: {why}. Its accounts are left out.",
                      "Install a repaired version, then run `stockctl plugin release {what}`.",
                      "Plugin {what} is no longer quarantined."},
    /* what: SKU and place; count: what it shows; limit: what it should show */
    [ALERT_DRIFT] = {"somebody else writes figures",
                     "{account}: {what} shows {count} instead of {limit}: another program keeps "
                     "overwriting it.",
                     "Stop the other program, then decide with `stockctl drift resolve {account} "
                     "LISTING` (`stockctl drift` shows them).",
                     "{account}: {what} is as it should be."},
    /* count, limit: minutes; why: the last failure */
    [ALERT_STALE] =
        {"figures were not read for long",
         "{account}: figures were read last {count} min ago (limit: {limit} min). {why}",
         "See `stockctl account show {account}`; try `stockctl verify {account} "
         "--follow`.",
         "{account}: figures are read again."},
    /* count: percent; limit: percent; what: how many of how many */
    [ALERT_CHANGE] =
        {"much was changed",
         "{account}: {count} % of the targets ({what}) changed within 24 hours "
         "(limit: {limit} %).",
         "See who did it with `stockctl history`; `stockctl undo` takes a change back.",
         "{account}: changes are back within the limit."},
    /* what: the remote warehouse; why: its state */
    [ALERT_LINK] = {"a linked warehouse is not there",
                    "{account}: warehouse {what} is linked, but {why}. Its figures are not sent.",
                    "Open it at the marketplace, or take the link away with `stockctl warehouse "
                    "unlink`.",
                    "{account}: warehouse {what} takes figures again, or is no longer linked."},
    /* count: changed in 24 h; limit: the median of a day; what: how many days that is of */
    [ALERT_UNUSUAL_CHANGE] =
        {"more was changed than usual",
         "{account}: figures changed within 24 hours: {count}; usual are about {limit} a day (by "
         "{what} days).",
         "See who did it with `stockctl history`; `stockctl undo` takes a change back.",
         "{account}: changes are as usual again."},
    /* what: SKU; count, limit: pieces; why: how they come about */
    [ALERT_EXPOSURE] =
        {"an oversell is likely",
         "{account}: of {what} {count} pieces may be sold that are sold already (limit: {limit}). "
         "Sold elsewhere, delay, kept back: {why}.",
         "Keep some back with `stockctl listing set`, or find out what is slow: `stockctl explain "
         "{what}`.",
         "{account}: {what} is within the limit again."},
    /* what: SKU and warehouse; count: the figure; limit: the median; why: who gave it */
    [ALERT_UNUSUAL_FIGURE] =
        {"a figure is unusual", "{what} was set to {count}; usual is about {limit}. By: {why}.",
         "If it is wrong, set the right one with `stockctl stock set`, or take the command back "
         "with `stockctl undo`.",
         "{what} is as usual again, or was left so for a day."},
    /* what: since when; why: the last failure; count: minutes until the next attempt */
    [ALERT_BACKUP] =
        {"backups fail",
         "Backups by schedule fail since {what}: {why}. The next attempt is in {count} min; old "
         "ones are kept.",
         "See `stockctl backups`. Mend the cause, then `stockctl reload` tries again at once.",
         "Backups by schedule no longer fail; they failed since {what}."},
};

static const char *const phrases[PHRASES] = {
    [PHRASE_SUBJECT_ONE] = "{title}",
    [PHRASE_SUBJECT_MANY] = "{title}: {count}",
    [PHRASE_OVER_ONE] = "Over: {title}",
    [PHRASE_OVER_MANY] = "Over: {title}: {count}",
    [PHRASE_MORE] = "... and more, not shown here: {count}. `stockctl alert list` shows all.",
    [PHRASE_TODO] = "What to do: ",
    [PHRASE_SINCE] = "Since {what}.",
    [PHRASE_FOOT] = "`stockctl alert list` shows what is open.",
    [PHRASE_TEST_SUBJECT] = "a test message",
    [PHRASE_TEST_TEXT] = "This is a test of the channel {what}. Nothing is wrong.",
    [PHRASE_INFO] = "info",
    [PHRASE_WARNING] = "warning",
    [PHRASE_CRITICAL] = "critical",
};

const struct alert_catalogue alert_messages_en = {words, phrases};
