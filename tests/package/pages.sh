#!/bin/bash
# Every manual page is clean roff, and says what the programs know. usage: pages.sh DIRECTORY STOCKCTL STOCKD
set -uo pipefail
pages=$1 stockctl=$2 stockd=$3
fail() { echo "$1" >&2; exit 1; }
command -v groff >/dev/null && command -v man >/dev/null ||
    { echo "skipped: groff or man is not installed"; exit 77; }

export LC_ALL=C.UTF-8 MANWIDTH=100 MAN_KEEP_FORMATTING= MANROFFOPT=
plain() { man -P cat -l "$1" 2>/dev/null | col -bx; }
for page in stockctl.1 stockd.conf.5 stockd.8 stockd-plugin.7 stockd-plugin-check.1; do
    [ -s "$pages/$page" ] || fail "$page was not made"
    said=$(groff -ww -k -man -Tutf8 "$pages/$page" 2>&1 >/dev/null)
    [ -z "$said" ] || fail "groff of $page: $said"
    said=$(man --warnings -E UTF-8 -l "$pages/$page" 2>&1 >/dev/null)
    [ -z "$said" ] || fail "man of $page: $said"
    text=$(plain "$pages/$page")
    grep -q " ${page%.*} - " <<<"$text" || fail "$page has no name that apropos finds"
done
# The check can fail.
said=$(printf '.TH X 1\n.nosuchmacro\n' | groff -ww -man -Tutf8 2>&1 >/dev/null)
[ -n "$said" ] || fail "groff -ww warns of nothing"

text=$(plain "$pages/stockctl.1")
count=0
while read -r verb; do
    grep -qx "   $verb" <<<"$text" || fail "stockctl.1 lacks the verb '$verb'"
    count=$((count + 1))
    for flag in $("$stockctl" $verb --help | sed -n '/^Flags:/,/^$/s/^  --\([a-z-]*\).*/\1/p'); do
        grep -q -- "^ *--$flag\b" <<<"$text" || fail "stockctl.1 lacks --$flag of '$verb'"
    done
done < <("$stockctl" --help | sed -n '/^Usage:/,/^Flags of/s/^  \([a-z]\+\( [a-z-]\+\)\{0,2\}\)  *[A-Z].*/\1/p')
[ "$count" -gt 50 ] || fail "only $count verbs were found in stockctl --help"

text=$(plain "$pages/stockd.8")
while IFS= read -r line; do
    grep -qF -- "$line" <<<"$text" || fail "stockd.8 lacks what stockd --help says: $line"
done < <("$stockd" --help | grep .)
for code in 0 1 2 75 78; do
    grep -qE "^ +$code " <<<"$text" || fail "stockd.8 lacks the exit code $code"
done

text=$(plain "$pages/stockd.conf.5")
for key in store socket secret-key zeroed first-plan every settle share; do
    grep -qE "^ +$key\b" <<<"$text" || fail "stockd.conf.5 lacks the key $key"
done
text=$(plain "$pages/stockd-plugin.7")
for word in stockd_host STOCKD_ABI_MAJOR "Unknown is never zero" "struct stockd_outcome"; do
    grep -qF "$word" <<<"$text" || fail "stockd-plugin.7 lacks $word"
done
echo "$count verbs"
