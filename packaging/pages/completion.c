/* Completion of stockctl for bash and zsh: the table of verbs as shell, and a fixed function over
 * it. */
#include "pages.h"

#include "ctl/verb.h"

#include <stdio.h>
#include <string.h>

/* Within single quotes of a shell. */
static void quoted(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            buf_text(out, "'\\''");
        else
            buf_char(out, *text);
}

static bool is_file(const struct ctl_parameter *parameter)
{
    static const char *const names[] = {"FILE", "PATH", "DIR", "BACKUP"};
    const char *name = parameter->value ? parameter->value : parameter->name;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static void put_words(struct buf *out, const char *choices)
{
    for (; *choices; choices++)
        buf_char(out, *choices == '|' ? ' ' : *choices);
}

/* case KEY in ...: what may follow the flag, or stand at an argument's place: words, or @file. */
static void put_choices(struct buf *out, const char *verb, const char *dashes,
                        const struct ctl_parameter *list)
{
    for (; list && list->name; list++) {
        if (!list->choices && !is_file(list)) continue;
        if (list->type == CTL_SWITCH) continue;
        buf_format(out, "    '%s %s%s') echo '", verb, dashes, list->name);
        if (list->choices)
            put_words(out, list->choices);
        else
            buf_text(out, "@file");
        buf_text(out, "' ;;\n");
    }
}

static void put_flags(struct buf *out, const struct ctl_parameter *flags)
{
    for (; flags && flags->name; flags++)
        buf_format(out, "--%s ", flags->name);
}

/* Flags that take a value, of all verbs: no two verbs use one name both ways. */
static void put_value_flags(struct buf *out, const struct ctl_parameter *flags)
{
    for (; flags && flags->name; flags++)
        if (flags->type != CTL_SWITCH) buf_format(out, " --%s", flags->name);
}

static void put_tables(struct buf *out)
{
    buf_text(out, "_stockctl_verbs='");
    for (size_t i = 0; ctl_verb_at(i); i++)
        buf_format(out, "%s\n", ctl_verb_at(i)->name);
    buf_text(out, "'\n_stockctl_with_value=' -i");
    put_value_flags(out, ctl_global_flags);
    for (size_t i = 0; ctl_verb_at(i); i++)
        put_value_flags(out, ctl_verb_at(i)->flags);
    buf_text(out, " '\n_stockctl_flags() {\n    echo '");
    put_flags(out, ctl_global_flags);
    buf_text(out, "'\n    case $1 in\n");
    for (size_t i = 0; ctl_verb_at(i); i++) {
        const struct ctl_verb *verb = ctl_verb_at(i);
        if (!verb->flags) continue;
        buf_format(out, "    '%s') echo '", verb->name);
        put_flags(out, verb->flags);
        buf_text(out, "' ;;\n");
    }
    buf_text(out, "    esac\n}\n_stockctl_arguments() {\n    case $1 in\n");
    for (size_t i = 0; ctl_verb_at(i); i++) {
        const struct ctl_verb *verb = ctl_verb_at(i);
        if (!verb->arguments) continue;
        buf_format(out, "    '%s') echo '", verb->name);
        for (const struct ctl_parameter *at = verb->arguments; at->name; at++)
            buf_format(out, "%s ", at->name);
        buf_text(out, "' ;;\n");
    }
    buf_text(out, "    esac\n}\n_stockctl_choices() {\n    case \"$1 $2\" in\n"
                  "    *' --socket') echo '@file' ;;\n");
    for (size_t i = 0; ctl_verb_at(i); i++) {
        const struct ctl_verb *verb = ctl_verb_at(i);
        put_choices(out, verb->name, "--", verb->flags);
        put_choices(out, verb->name, "", verb->arguments);
    }
    buf_text(out, "    esac\n}\n");
}

/* $1: the word to complete, the rest: the words before it. Sets `found` to the candidates, or to
 * @file. The words of the verb come first, then what the table says of its arguments. */
static const char look[] =
    "_stockctl_look() {\n"
    "    local cur=$1 word skip='' verb='' said='' next line count=0\n"
    "    shift\n"
    "    found=''\n"
    "    for word; do\n"
    "        if [ -n \"$skip\" ]; then skip=''; continue; fi\n"
    "        case $word in\n"
    "        -*) case $_stockctl_with_value in *\" $word \"*) skip=$word ;; esac; continue ;;\n"
    "        esac\n"
    "        next=\"${said:+$said }$word\"\n"
    "        case \"\n$_stockctl_verbs\" in\n"
    "        *\"\n$next\n\"*) verb=$next said=$next count=0 ;;\n"
    "        *\"\n$next \"*) said=$next ;;\n"
    "        *) count=$((count + 1)) ;;\n"
    "        esac\n"
    "    done\n"
    "    if [ -n \"$skip\" ]; then found=$(_stockctl_choices \"$verb\" \"$skip\"); return; fi\n"
    "    case $cur in\n"
    "    -*) found=$(_stockctl_flags \"$verb\"); return ;;\n"
    "    esac\n"
    "    if [ \"$count\" = 0 ]; then\n"
    "        while IFS= read -r line; do\n"
    "            case $line in\n"
    "            \"${said:+$said }\"?*) line=${line#\"${said:+$said }\"}; found=\"$found ${line%% "
    "*}\" ;;\n"
    "            esac\n"
    "        done <<EOF\n$_stockctl_verbs\nEOF\n"
    "    fi\n"
    "    for word in $(_stockctl_arguments \"$verb\"); do\n"
    "        if [ \"$count\" = 0 ]; then\n"
    "            found=\"$found $(_stockctl_choices \"$verb\" \"$word\")\"\n"
    "            break\n"
    "        fi\n"
    "        count=$((count - 1))\n"
    "    done\n"
    "}\n";

void completion_bash(struct buf *out)
{
    buf_text(out, "# Completion of stockctl for bash. Made from stockctl's own table of verbs.\n"
                  "# shellcheck shell=bash\n");
    put_tables(out);
    buf_text(out, look);
    buf_text(out,
             "_stockctl() {\n"
             "    local found cur=${COMP_WORDS[COMP_CWORD]}\n"
             "    _stockctl_look \"$cur\" \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
             "    case $found in\n"
             "    *@file*)\n"
             "        compopt -o filenames 2>/dev/null\n"
             "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
             "        ;;\n"
             "    *) mapfile -t COMPREPLY < <(compgen -W \"$found\" -- \"$cur\" | sort -u) ;;\n"
             "    esac\n"
             "}\n"
             "complete -F _stockctl stockctl\n");
}

static void put_helps(struct buf *out)
{
    buf_text(out, "_stockctl_help() {\n    case $1 in\n");
    for (size_t i = 0; ctl_verb_at(i); i++) {
        buf_format(out, "    '%s') echo '", ctl_verb_at(i)->name);
        quoted(out, ctl_verb_at(i)->help);
        buf_text(out, "' ;;\n");
    }
    buf_text(out, "    *) echo '...' ;;\n    esac\n}\n");
}

void completion_zsh(struct buf *out)
{
    buf_text(out, "#compdef stockctl\n"
                  "# Completion of stockctl for zsh. Made from stockctl's own table of verbs.\n");
    put_tables(out);
    put_helps(out);
    buf_text(out, look);
    buf_text(out, "_stockctl() {\n"
                  "    emulate -L zsh\n"
                  "    setopt sh_word_split\n"
                  "    local found one\n"
                  "    local -a described\n"
                  "    _stockctl_look \"$words[CURRENT]\" \"${(@)words[2,CURRENT-1]}\"\n"
                  "    case $found in\n"
                  "    *@file*) _files; return ;;\n"
                  "    esac\n"
                  "    for one in $found; do\n"
                  "        case $one in\n"
                  "        -*) described+=(\"$one\") ;;\n"
                  "        *) described+=(\"$one:$(_stockctl_help \"$one\")\") ;;\n"
                  "        esac\n"
                  "    done\n"
                  "    _describe -t words 'stockctl' described\n"
                  "}\n"
                  "_stockctl \"$@\"\n");
}
