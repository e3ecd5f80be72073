/* The verbs about tokens: what programs show over TCP. */
#include "ctl/verb.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view made_view = {
    .sentence = "{token}\nThis is the token '{name}' with the scope '{scope}'; it is not shown "
                "again. Programs send it as\n'Authorization: Bearer TOKEN' to the address that "
                "'listen' of the section 'api' in conf.d names.",
};

static const struct ctl_view tokens_view = {
    .rows = "items",
    .columns = COLUMNS{{"TOKEN", "name", CELL_TEXT},
                       {"SCOPE", "scope", CELL_TEXT},
                       {"MADE", "created", CELL_TIME},
                       {"BY", "actor", CELL_TEXT},
                       {"EXPIRES", "expires", CELL_TIME},
                       {"LAST USED", "used", CELL_TIME},
                       {0}},
    .empty = "There is no token; 'stockctl token add NAME --scope read' makes one.",
};

static const struct ctl_view revoked_view = {
    .sentence = "The token '{NAME}' is revoked: it is refused from now on.",
};

const struct ctl_verb ctl_verbs_tokens[] = {
    {
        .name = "token add",
        .help = "Makes a token for a program that asks over TCP, and shows it this once.",
        .example = "stockctl token add shop-site --scope write --expires 90d",
        .arguments = PARAMETERS{{.name = "NAME",
                                 .help = "what it is called: the actor of what is done with it",
                                 .place = CTL_BODY,
                                 .field = "name",
                                 .required = true},
                                {0}},
        .flags = PARAMETERS{{.name = "scope",
                             .help = "read: look; write: change too; admin: everything",
                             .type = CTL_CHOICE,
                             .choices = "read|write|admin",
                             .place = CTL_BODY,
                             .value = "SCOPE",
                             .initial = "read"},
                            {.name = "expires",
                             .help = "after how long it is no longer taken (default: never)",
                             .type = CTL_DURATION,
                             .place = CTL_BODY,
                             .field = "expires_in_ms",
                             .value = "TIME"},
                            {0}},
        .method = "POST",
        .path = "/v1/tokens",
        .view = &made_view,
    },
    {
        .name = "token list",
        .help = "Lists the tokens there are, without showing them.",
        .example = "stockctl token list",
        .method = "GET",
        .path = "/v1/tokens",
        .view = &tokens_view,
    },
    {
        .name = "token revoke",
        .help = "Takes a token back: from now on it is refused.",
        .example = "stockctl token revoke shop-site",
        .arguments =
            PARAMETERS{{.name = "NAME", .help = "the token's name", .required = true}, {0}},
        .method = "DELETE",
        .path = "/v1/tokens/{NAME}",
        .view = &revoked_view,
    },
    {0},
};
