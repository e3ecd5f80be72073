#!/bin/bash
# The completion for zsh is zsh, and its table is understood. usage: completion_zsh.sh FILE
set -u
command -v zsh >/dev/null || { echo "skipped: zsh is not installed"; exit 77; }
zsh -n "$1" || exit 1
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
sed '/^_stockctl "/d' "$1" >"$copy"
got=$(zsh -fc 'emulate -L zsh; setopt sh_word_split; source "$1"
    _stockctl_look "" stock; echo $found
    _stockctl_look "--" stock set A-1; echo $found
    _stockctl_look "" stock set A-1 7 --kind; echo $found' zsh "$copy" 2>&1)
for word in get adjust --if-figure --json "on-hand available"; do
    [[ $got == *"$word"* ]] || { echo "zsh completes without '$word': $got" >&2; exit 1; }
done
