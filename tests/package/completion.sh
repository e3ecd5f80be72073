#!/bin/bash
# Completion in bash, as the shell itself calls it. usage: completion.sh FILE STOCKCTL
set -u
fail() { echo "$1" >&2; exit 1; }
STOCKCTL=$2
# shellcheck disable=SC1090
source "$1" || exit 1
[[ $(complete -p stockctl) == *-F*_stockctl* ]] || fail "nothing completes stockctl"

# said WORDS...: what the last word may become.
said() {
    COMP_WORDS=(stockctl "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _stockctl
    printf '%s ' "${COMPREPLY[@]}"
}
is() { # EXPECTED WORDS...
    local expected=$1 got
    shift
    got=$(said "$@")
    [ "$got" = "${expected:+$expected }" ] || [ "$got" = "$expected " ] ||
        fail "stockctl $*: '$got' instead of '$expected'"
}
has() {
    local expected=$1 got
    shift
    got=" $(said "$@")"
    [[ $got == *" $expected "* ]] || fail "stockctl $*: '$got' lacks '$expected'"
}
lacks() {
    local unwanted=$1 got
    shift
    got=" $(said "$@")"
    [[ $got != *" $unwanted "* ]] || fail "stockctl $*: '$got' offers '$unwanted'"
}

is "stock" stoc
is "set" stock se
has status ""
has explain ""
lacks set ""
lacks stock stock ""
has get --json stock ""                    # flags may stand anywhere
has get --socket /x stock ""               # and their values are no verbs
has list import ""                         # a verb that is the first word of others
has --from import --
is "--warehouse" stock set A-1 7 --w
has --json stock set --
lacks --from stock set --
is "available on-hand" stock set A-1 7 --kind ""
is "available" stock set A-1 7 --warehouse pp --kind av
is "" stock set A-1 7 --warehouse ""       # which ones there are only the daemon knows
is "" stock get A-1 B-1 ge
is "" no-such-verb x

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
touch "$place/stock list.csv"
got=$(said stock import "$place/st")
[ "$got" = "$place/stock list.csv " ] || fail "no file was offered: '$got'"

# Every verb and every flag of every verb, word by word.
count=0
while read -r verb; do
    # shellcheck disable=SC2086 # words
    set -- $verb
    before=()
    for word; do
        has "$word" "${before[@]}" "${word:0:1}"
        before+=("$word")
    done
    while read -r flag; do
        has "$flag" "$@" "$flag"
        count=$((count + 1))
    done < <("$STOCKCTL" "$@" --help | sed -n '/^Flags:/,/^$/s/^  \(--[a-z-]*\).*/\1/p')
done < <("$STOCKCTL" --help | sed -n '/^Usage:/,/^Flags of/s/^  \([a-z]\+\( [a-z-]\+\)\{0,2\}\)  *[A-Z].*/\1/p')
[ "$count" -gt 60 ] || fail "only $count flags were seen"
echo "$count flags"
