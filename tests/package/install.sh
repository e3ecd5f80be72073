#!/bin/bash
# The packages, on this machine: installed, judged, run as their unit says, pushed through, upgraded with store and
# configuration kept, removed, purged. Leaves nothing behind, however it ends. Needs root, and no stockd installed.
# No service manager is asked for: what the unit starts is started here, as its user, with its directories.
# usage: install.sh DIRECTORY_OF_PACKAGES MARKETSIM      (script/package --test)
set -uo pipefail
packages=$(realpath "$1") marketsim=$(realpath "$2") here=$(dirname "$(realpath "$0")")

say() { printf '%s\n' "-- $1"; }
fail() { echo "FAILED: $1" >&2; exit 1; }
skip() { echo "skipped: $1"; exit 77; }
is() { [ "$2" = "$3" ] || fail "$1: '$3' instead of '$2'"; }

[ "$(id -u)" = 0 ] || skip "only root can install packages"
command -v dpkg >/dev/null || skip "this machine has no dpkg"
for one in /etc/stockd /var/lib/stockd /run/stockd /usr/bin/stockd; do
    [ -e "$one" ] && skip "$one is there: stockd is installed on this machine"
done
getent passwd stockd >/dev/null && skip "there is a user stockd already"
[ -d /run/systemd/system ] && [ "${STOCKD_TEST_SYSTEMD:-}" != 1 ] &&
    skip "systemd runs here and would start the service beside this test; STOCKD_TEST_SYSTEMD=1 allows it"

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
work=$(mktemp -d)
chmod 755 "$work"
pids=()
# shellcheck disable=SC2317 # a trap
finish() {
    code=$?
    trap - EXIT INT TERM
    for pid in "${pids[@]}"; do # strace is deaf to it: what it watches goes first, then it ends by itself
        child=$(pgrep -P "$pid") && kill $child 2>/dev/null
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    [ "$code" = 0 ] || tail -n 20 "$work"/*.log >&2
    dpkg --purge stockd stockd-dev >/dev/null 2>&1
    getent passwd stockd >/dev/null && deluser --quiet stockd >/dev/null 2>&1
    getent group stockd >/dev/null && delgroup --quiet stockd >/dev/null 2>&1
    rm -rf "$work" /run/stockd /run/stockd-shop2
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# start NAME UNIT: what its ExecStart says, as User=, with RuntimeDirectory=, StateDirectory= and UMask=, without a capability
start() {
    local name=$1 unit=$2 words
    words=$(sed -n 's/^ExecStart=//p' "$unit" | sed "s/%i/${name#stockd-}/")
    install -d -o stockd -g stockd -m 0750 "/run/$name"
    install -d -o stockd -g stockd -m 0700 "/var/lib/$name"
    # shellcheck disable=SC2086 # words of a command line
    (umask "$(sed -n 's/^UMask=//p' "$unit")" && cd / && exec env -i PATH=/usr/bin:/bin ${trace:+strace -f -qq -o "$trace"} \
        setpriv --reuid stockd --regid stockd --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- $words) \
        >"$work/$name.log" 2>&1 &
    pids+=($!)
    started=$!
    for _ in $(seq 400); do
        ctl "$name" status >/dev/null 2>&1 && return
        kill -0 "$started" 2>/dev/null || fail "$words ended: $(cat "$work/$name.log")"
        sleep 0.05
    done
    fail "$words does not get ready"
}
stop() { kill -TERM "$1" && wait "$1"; }
ctl() {
    local name=$1
    shift
    if [ "$name" = stockd ]; then stockctl "$@"; else stockctl -i "${name#stockd-}" "$@"; fi
}
mode() { stat -c '%a %U:%G' "$1"; }

say "lintian"
command -v lintian >/dev/null && { said=$(lintian --fail-on error,warning "$packages"/*.deb 2>&1) || fail "lintian: $said"; }

say "install"
dpkg -i "$packages"/stockd_*.deb "$packages"/stockd-dev_*.deb >"$work/dpkg.log" 2>&1 || fail "dpkg -i: $(cat "$work/dpkg.log")"
is "/etc/stockd/conf.d" "750 root:stockd" "$(mode /etc/stockd/conf.d)"
is "/var/lib/stockd" "700 stockd:stockd" "$(mode /var/lib/stockd)"
is "the user's shell" /usr/sbin/nologin "$(getent passwd stockd | cut -d: -f7)"
unit=$(dpkg -L stockd | grep '/stockd\.service$') template=$(dpkg -L stockd | grep '/stockd@\.service$')
for program in /usr/bin/stockd /usr/bin/stockctl /usr/bin/stockd-plugin-check /usr/lib/stockd/plugins/*.so; do
    ldd "$program" | grep 'not found' && fail "$program lacks a library"
done
is "the plugins" "allegro.so ozon.so wb.so wix.so" "$(cd /usr/lib/stockd/plugins && echo *)"
stockd --check >"$work/check.log" 2>&1 || fail "stockd --check refuses the configuration it comes with: $(cat "$work/check.log")"
for page in stockd stockctl stockd.conf stockd-plugin stockd-plugin-check; do
    grep -qE '^path-exclude.*/man' /etc/dpkg/dpkg.cfg.d/* 2>/dev/null || man -w "$page" >/dev/null || fail "man $page finds nothing"
done
if command -v systemd-analyze >/dev/null; then
    said=$(systemd-analyze verify --man=no "$unit" "${template/@./@shop2.}" 2>&1 | grep stockd)
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
fi

say "the SDK: the template builds against it and passes the check"
cp -r /usr/share/stockd/template "$work/template"
if command -v cmake >/dev/null && [ -e /usr/include/jansson.h ]; then
    (cmake -S "$work/template" -B "$work/template/build" && cmake --build "$work/template/build") >"$work/sdk.log" 2>&1 ||
        fail "the template does not build: $(cat "$work/sdk.log")"
    stockd-plugin-check --quiet "$work/template/build/shop.so" >"$work/sdk.log" 2>&1 || fail "stockd-plugin-check: $(cat "$work/sdk.log")"
fi

say "run, with an account"
"$marketsim" --market ozon --listen 127.0.0.1:0 --account 1000001 --key packaged-key --products 20 --prefix LAMP- \
    --stock 0 --warehouses 1001 --port-file "$work/port" >"$work/market.log" 2>&1 &
pids+=($!)
for _ in $(seq 200); do [ -s "$work/port" ] && break; sleep 0.05; done
port=$(cat "$work/port") || fail "marketsim does not start"
# there SKU: what the marketplace shows
there() {
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET /_control/stock?client_id=1000001&offer_id=%s&warehouse_id=1001 HTTP/1.0\r\nHost: x\r\n\r\n' "$1" >&3
    sed '1,/^\r*$/d' <&3 | sed -n 's/.*"free": *\(-\{0,1\}[0-9]*\).*/\1/p'
    exec 3<&-
}
shows() { # SKU FIGURE
    for _ in $(seq 900); do [ "$(there "$1")" = "$2" ] && return; sleep 0.05; done
    fail "the marketplace shows $(there "$1") of $1 instead of $2"
}
trace=$work/trace
command -v strace >/dev/null || trace=
start stockd "$unit"
is "the socket" "660 stockd:stockd" "$(mode /run/stockd/stockd.sock)"
is "what runs" stockd "$(ps -o user= -p "$(pgrep -u stockd -x stockd)")"
install -o root -g stockd -m 0640 /dev/null /etc/stockd/ozon.key
echo packaged-key >/etc/stockd/ozon.key
cat >"$work/50-ozon.yaml" <<END
accounts:
  ozon-main:
    plugin: ozon
    client-id: 1000001
    api-key: \${file:/etc/stockd/ozon.key}
    endpoints: {api: "http://127.0.0.1:$port"}
    first-plan: apply
    timeout: 2s
warehouses:
  pp: {name: Main}
links:
  - {warehouse: pp, account: ozon-main, remote: "1001"}
END
install -o root -g stockd -m 0640 "$work/50-ozon.yaml" /etc/stockd/conf.d/50-ozon.yaml
$(sed -n 's/^ExecReload=//p' "$unit") >"$work/reload.log" 2>&1 || fail "ExecReload: $(cat "$work/reload.log")"
stockctl product add LAMP-000001 >/dev/null && stockctl stock set LAMP-000001 7 --warehouse pp >/dev/null || fail "no stock"
shows LAMP-000001 7
stockctl backup /var/lib/stockd/backups/monday >"$work/backup.log" 2>&1 || fail "backup: $(cat "$work/backup.log")"
kill -TERM "$(pgrep -u stockd -x stockd)"
for _ in $(seq 400); do pgrep -u stockd -x stockd >/dev/null || break; sleep 0.05; done
grep -q 'stopped exit=0' "$work/stockd.log" || fail "it did not stop as asked: $(tail -n 3 "$work/stockd.log")"
is "what is in /var/lib beside it" "stockd" "$(cd /var/lib && echo stockd*)"

if [ -n "$trace" ]; then
    say "every call to the kernel is one that the unit's SystemCallFilter= lets through"
    # The calls of before the program itself began are setpriv's.
    awk '/execve\("\/usr\/bin\/stockd"/ { on = 1 } on' "$trace" | sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' | sort -u >"$work/called"
    expand() {
        systemd-analyze syscall-filter "$1" | sed -n 's/^    \([^#].*\)/\1/p' | while read -r call; do
            case $call in @*) expand "$call" ;; *) echo "$call" ;; esac
        done
    }
    for set in @system-service; do expand $set; done | cat - <(expand @default) | sort -u >"$work/allowed"
    for set in @privileged @resources; do expand $set; done | sort -u >"$work/denied"
    said=$({ comm -23 "$work/called" "$work/allowed"; comm -12 "$work/called" "$work/denied"; } | tr '\n' ' ')
    [ "$(wc -l <"$work/called")" -gt 30 ] || fail "strace saw only $(wc -l <"$work/called") calls"
    [ -z "$said" ] || fail "SystemCallFilter= would refuse: $said"
    trace=
fi
start stockd "$unit"

say "a second instance"
install -d -o root -g stockd -m 0750 /etc/stockd/shop2.d
start stockd-shop2 "$template"
is "its name" shop2 "$(stockctl -i shop2 status --json | sed -n 's/.*"instance": *"\([^"]*\)".*/\1/p')"
[ -d /var/lib/stockd-shop2/store ] || fail "the instance has no store of its own"
stop "$started" || fail "the instance did not stop with 0"

say "upgrade, to a package whose configuration changed as well, with one that was edited here"
sed -i 's/^  log-level: .*/  log-level: warning  # ours/' /etc/stockd/conf.d/10-stockd.yaml
before=$(cd /etc/stockd && find . -type f -exec sha256sum {} + | sort)
dpkg-deb -R "$packages"/stockd_*.deb "$work/next"
version=$(sed -n 's/^Version: //p' "$work/next/DEBIAN/control")
sed -i "s/^Version: .*/Version: $version.1/" "$work/next/DEBIAN/control"
sed -i 's/^  log-level: .*/  log-level: info # of the next version/' "$work/next/etc/stockd/conf.d/10-stockd.yaml"
dpkg-deb -b "$work/next" "$work/next.deb" >/dev/null
dpkg --force-confdef --force-confold -i "$work/next.deb" >"$work/dpkg.log" 2>&1 || fail "upgrade: $(cat "$work/dpkg.log")"
[ -e /etc/stockd/conf.d/10-stockd.yaml.dpkg-dist ] || fail "the next version's file is not beside the one that was kept"
rm -f /etc/stockd/conf.d/10-stockd.yaml.dpkg-dist
is "the configuration after the upgrade" "$before" "$(cd /etc/stockd && find . -type f -exec sha256sum {} + | sort)"
is "/etc/stockd/conf.d" "750 root:stockd" "$(mode /etc/stockd/conf.d)"
stockctl status >/dev/null || fail "the one that ran was disturbed before its restart"
running=$(pgrep -u stockd -x stockd)
kill -TERM "$running"
for _ in $(seq 400); do kill -0 "$running" 2>/dev/null || break; sleep 0.05; done
start stockd "$unit"
stockctl stock get LAMP-000001 | grep -qw 7 || fail "the store was not kept: $(stockctl stock get LAMP-000001)"
stockctl product add LAMP-000002 >/dev/null && stockctl stock set LAMP-000002 3 --warehouse pp >/dev/null
shows LAMP-000002 3
shows LAMP-000001 7
stockctl store verify >"$work/verify.log" 2>&1 || fail "store verify: $(cat "$work/verify.log")"
running=$(pgrep -u stockd -x stockd)
kill -TERM "$running"
for _ in $(seq 400); do kill -0 "$running" 2>/dev/null || break; sleep 0.05; done

say "remove keeps, purge takes"
dpkg --remove stockd >"$work/dpkg.log" 2>&1 || fail "remove: $(cat "$work/dpkg.log")"
[ ! -e /usr/bin/stockd ] && [ -e /etc/stockd/conf.d/50-ozon.yaml ] && [ -d /var/lib/stockd/store ] ||
    fail "removing took more, or less, than the programs"
dpkg --purge stockd stockd-dev >"$work/dpkg.log" 2>&1 || fail "purge: $(cat "$work/dpkg.log")"
left=$(ls -d /etc/stockd /var/lib/stockd* /usr/lib/stockd /usr/share/stockd /usr/share/doc/stockd* \
    /var/lib/systemd/deb-systemd-helper-*/stockd* 2>/dev/null)
[ -z "$left" ] || fail "purging leaves: $left"
getent passwd stockd >/dev/null || fail "the user's number may be given to somebody else"
[ -e "$here/install.sh" ] && echo "The packages are good."
