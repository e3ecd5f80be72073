#!/bin/bash
# systemd takes both units, and what they leave open is little. usage: units.sh BUILD_PACKAGING SOURCE
set -uo pipefail
made=$1
fail() { echo "$1" >&2; exit 1; }
command -v systemd-analyze >/dev/null || { echo "skipped: systemd-analyze is not installed"; exit 77; }
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
most=2.0 # of 10; what remains is the network, which is what it is for

# As installed, but with programs that are on this machine whatever is installed here; the manual is not.
for unit in stockd.service stockd@.service; do
    [ -s "$made/$unit" ] || fail "$unit was not made"
    sed "s|^Exec\([A-Za-z]*\)=[^ ]*/stock[a-z]*|Exec\1=/bin/true|; /^Documentation=/d" "$made/$unit" >"$place/$unit"
done
# Units of the machine itself are not ours to judge.
said=$(systemd-analyze verify "$place/stockd.service" "$place/stockd@shop2.service" 2>&1 | grep stockd)
[ -z "$said" ] || fail "systemd-analyze verify: $said"
sed 's/^WatchdogSec=.*/WatchdogSec=often/' "$place/stockd.service" >"$place/stockd-bad.service"
said=$(systemd-analyze verify "$place/stockd-bad.service" 2>&1)
grep -q "stockd-bad.service:.*often" <<<"$said" || fail "verify finds nothing"

for unit in stockd.service stockd@.service; do
    instance=${unit/@./@shop2.}
    [ "$unit" = "$instance" ] || cp "$place/$unit" "$place/$instance"
    score=$(systemd-analyze security --offline=true "$place/$instance" 2>/dev/null |
        sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
    [ -n "$score" ] || { echo "skipped: this systemd-analyze has no security --offline"; exit 77; }
    awk -v a="$score" -v b="$most" 'BEGIN { exit !(a <= b) }' || fail "$instance is exposed by $score, more than $most"
    echo "$instance $score"
done

# Both are one text: only what names the instance differs.
diff <(sed 's/stockd-%i/stockd/; s/ -i %i//; s/ (%i)//; 1,2d' "$made/stockd@.service") <(sed 1,2d "$made/stockd.service") ||
    fail "stockd@.service differs from stockd.service"
grep -q '^ExecStart=.*/stockd -i %i$' "$made/stockd@.service" || fail "the template does not start an instance"
