#!/bin/sh
# expect.sh CODE SENTENCE COMMAND...: the command must exit with CODE and print SENTENCE.
code=$1 sentence=$2
shift 2
output=$("$@" 2>&1)
got=$?
if [ "$got" -ne "$code" ] || ! printf '%s\n' "$output" | grep -qF -- "$sentence"; then
    printf 'exit code %s, wanted %s with "%s"; the end of what was printed:\n' "$got" "$code" "$sentence"
    printf '%s\n' "$output" | tail -n 20
    exit 1
fi
