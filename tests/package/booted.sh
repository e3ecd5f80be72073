#!/bin/bash
# What tests/package/systemd.sh runs inside the container, as root, with systemd as process 1. Everything is done as a
# person would who follows docs/install.md: by dpkg, systemctl and stockctl.
set -uo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
cd /root || exit 1
echo "127.0.0.1 localhost" >/etc/hosts # debootstrap makes none

say() { printf -- '-- %s\n' "$1"; }
fail() { echo "FAILED: $1"; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1: '$3' instead of '$2'"; }
has() { grep -qE -- "$2" <<<"$3" || fail "$1: nothing like '$2' in: $3"; }
trap 'journalctl --no-pager -n 80 -u "stockd*" >/test/journal 2>&1; kill $(jobs -p) 2>/dev/null' EXIT
property() { systemctl show -p "$2" --value "$1"; }
# until_true WHAT COMMAND...: looked at again and again, up to 40 s
until_true() {
    local what=$1 i
    shift
    for ((i = 0; i < 800; i++)); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done
    fail "not seen in 40 s: $what"
}
new_process() { local now; now=$(property "$1" MainPID); [ "$now" != 0 ] && [ "$now" != "$2" ] && systemctl -q is-active "$1"; }

say "install: the service starts and says that it is ready"
dpkg -i /test/stockd.deb >/root/dpkg.log 2>&1 || fail "dpkg -i: $(cat /root/dpkg.log)"
until_true "stockd.service is active" systemctl -q is-active stockd
is "it starts with the machine" enabled "$(systemctl is-enabled stockd)"
is "what it says of itself" ready "$(property stockd StatusText)"
is "restarts" 0 "$(property stockd NRestarts)"

say "what the unit forbids is forbidden"
pid=$(property stockd MainPID)
is "user" stockd "$(ps -o user= -p "$pid")"
for line in 'CapEff:.0000000000000000' 'CapBnd:.0000000000000000' 'NoNewPrivs:.1' 'Seccomp:.2'; do
    grep -q "^$line$" "/proc/$pid/status" || fail "/proc/$pid/status has no '$line'"
done
inside() { nsenter -t "$pid" -m -- "$@"; }
inside touch /etc/stockd/x 2>/dev/null && fail "/etc can be written to"
inside touch /usr/x 2>/dev/null && fail "/usr can be written to"
[ -z "$(inside ls /home /root 2>/dev/null | grep -v ':$' | grep .)" ] || fail "/home or /root can be read"
inside touch /var/lib/stockd/x /run/stockd/x && rm /var/lib/stockd/x /run/stockd/x || fail "its own directories cannot be written to"

say "stockctl, as a member of the group and as somebody else"
adduser --quiet --disabled-password --gecos '' keeper && adduser --quiet keeper stockd || fail "no user"
adduser --quiet --disabled-password --gecos '' stranger || fail "no user"
said=$(runuser -u keeper -- stockctl status 2>&1) || fail "an operator is refused: $said"
said=$(runuser -u stranger -- stockctl status 2>&1) && fail "anybody may ask"
has "what a stranger is told" "group" "$said"

say "an account: a credential of systemd, TLS, a push"
/test/marketsim --market ozon --listen 127.0.0.1:8800 --account 1000001 --key packaged-key --products 20 --prefix LAMP- \
    --stock 0 --warehouses 1001 >/root/market.log 2>&1 &
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout /root/tls.key -out /usr/local/share/ca-certificates/market.crt >/root/tls.log 2>&1 || fail "openssl: $(cat /root/tls.log)"
update-ca-certificates >/root/tls.log 2>&1 || fail "update-ca-certificates: $(cat /root/tls.log)"
socat OPENSSL-LISTEN:8443,bind=127.0.0.1,reuseaddr,fork,cert=/usr/local/share/ca-certificates/market.crt,key=/root/tls.key,verify=0 \
    TCP:127.0.0.1:8800 &
there() {
    exec 3<>/dev/tcp/127.0.0.1/8800 || return 1
    printf 'GET /_control/stock?client_id=1000001&offer_id=%s&warehouse_id=1001 HTTP/1.0\r\nHost: x\r\n\r\n' "$1" >&3
    sed '1,/^\r*$/d' <&3 | sed -n 's/.*"free": *\(-\{0,1\}[0-9]*\).*/\1/p'
    exec 3<&-
}
shows() { [ "$(there "$1")" = "$2" ]; }
install -d -m 0700 /etc/credstore
(umask 077 && echo packaged-key >/etc/credstore/ozon.key)
install -d /etc/systemd/system/stockd.service.d
cat >/etc/systemd/system/stockd.service.d/override.conf <<END
[Service]
LoadCredential=ozon.key:/etc/credstore/ozon.key
END
cat >/root/50-ozon.yaml <<'END'
accounts:
  ozon-main:
    plugin: ozon
    client-id: 1000001
    api-key: ${credential:ozon.key}
    endpoints: {api: "https://localhost:8443"}
    first-plan: apply
    timeout: 5s
warehouses:
  pp: {name: Main}
links:
  - {warehouse: pp, account: ozon-main, remote: "1001"}
END
systemctl daemon-reload && systemctl restart stockd || fail "no restart with a credential"
install -o root -g stockd -m 0640 /root/50-ozon.yaml /etc/stockd/conf.d/50-ozon.yaml
pid=$(property stockd MainPID)
systemctl reload stockd || fail "reload: $(journalctl --no-pager -n 10 -u stockd)"
is "the process after a reload" "$pid" "$(property stockd MainPID)"
stockctl product add LAMP-000001 >/dev/null && stockctl stock set LAMP-000001 7 --warehouse pp >/dev/null || fail "no stock"
until_true "7 at the marketplace" shows LAMP-000001 7

say "a reload of a mistake fails, says so, and changes nothing"
echo 'daemon: {log-level: loud}' >/etc/stockd/conf.d/90-bad.yaml
systemctl reload stockd 2>/dev/null && fail "systemctl reload takes a mistake for good"
has "the journal" "90-bad.yaml" "$(journalctl --no-pager -n 20 -u stockd)"
is "the process" "$pid" "$(property stockd MainPID)"
rm /etc/stockd/conf.d/90-bad.yaml

say "a wrong configuration at the start is not tried again and again"
echo 'daemon: {log-level: loud}' >/etc/stockd/conf.d/90-bad.yaml
systemctl restart stockd 2>/dev/null && fail "it starts with a mistake"
is "how it ended" 78 "$(property stockd ExecMainStatus)"
is "state" failed "$(property stockd ActiveState)"
is "restarts" 0 "$(property stockd NRestarts)"
rm /etc/stockd/conf.d/90-bad.yaml
systemctl start stockd || fail "it does not start again"

say "the log into a file, and opened again after it was moved"
printf 'daemon: {log-file: /var/log/stockd/stockd.log}\n' >/etc/stockd/conf.d/20-log.yaml
systemctl reload stockd || fail "no log below /var/log: $(journalctl --no-pager -n 5 -u stockd)"
until_true "lines in the file" test -s /var/log/stockd/stockd.log
mv /var/log/stockd/stockd.log /var/log/stockd/stockd.log.1
systemctl kill --signal=USR1 --kill-who=main stockd
until_true "the file opened again" test -e /var/log/stockd/stockd.log
is "its owner and mode" "stockd:stockd 640" "$(stat -c '%U:%G %a' /var/log/stockd/stockd.log)"
rm /etc/stockd/conf.d/20-log.yaml
systemctl reload stockd || fail "no reload"

say "killed, and hanging: started again"
pid=$(property stockd MainPID)
kill -KILL "$pid"
until_true "another process" new_process stockd "$pid"
printf '[Service]\nWatchdogSec=2s\n' >/etc/systemd/system/stockd.service.d/watchdog.conf
systemctl daemon-reload && systemctl restart stockd || fail "no restart"
pid=$(property stockd MainPID)
sleep 5 # two and a half watchdogs: what is fed is not ended
is "the process that feeds its watchdog" "$pid" "$(property stockd MainPID)"
kill -STOP "$pid"
until_true "the one that hung replaced" new_process stockd "$pid"
has "the journal" "[Ww]atchdog timeout" "$(journalctl --no-pager -n 30 -u stockd)"
rm /etc/systemd/system/stockd.service.d/watchdog.conf
systemctl daemon-reload && systemctl restart stockd
stockctl stock set LAMP-000001 8 --warehouse pp >/dev/null || fail "no stock after the watchdog"
until_true "8 at the marketplace" shows LAMP-000001 8

say "a backup, and the store's check"
said=$(stockctl backup /var/lib/stockd/backups/monday 2>&1) || fail "backup: $said"
said=$(stockctl backup /srv/elsewhere 2>&1) && fail "a backup into a read-only place"
has "what a backup into a read-only place says" "/srv" "$said"
said=$(stockctl store verify 2>&1) || fail "store verify: $said"

say "a second instance shares nothing"
install -d -o root -g stockd -m 0750 /etc/stockd/second.d
systemctl enable -q --now stockd@second || fail "stockd@second does not start: $(journalctl --no-pager -n 10 -u stockd@second)"
is "what it says of itself" ready "$(property stockd@second StatusText)"
stockctl -i second warehouse add pp >/dev/null && stockctl -i second product add LAMP-000001 >/dev/null &&
    stockctl -i second stock set LAMP-000001 3 --warehouse pp >/dev/null || fail "nothing can be done with it"
has "its own figure" '\b3\b' "$(stockctl -i second stock get LAMP-000001)"
has "the other's figure" '\b8\b' "$(stockctl stock get LAMP-000001)"
[ -z "$(stockctl -i second account list --json | grep ozon-main)" ] || fail "it knows the other's account"
first=$(property stockd MainPID) second=$(property stockd@second MainPID)
nsenter -t "$second" -m -- touch /var/lib/stockd/x 2>/dev/null && fail "one instance may write to the other's store"
nsenter -t "$first" -m -- touch /var/lib/stockd-second/x 2>/dev/null && fail "one instance may write to the other's store"
shows LAMP-000001 8 || fail "the second instance wrote to the first one's account"

say "an inbox, as docs/install.md says"
install -d -o keeper -g stockd -m 2770 /srv/stock
printf '[Service]\nReadWritePaths=/srv/stock\nCapabilityBoundingSet=CAP_LEASE\nAmbientCapabilities=CAP_LEASE\n' \
    >/etc/systemd/system/stockd.service.d/inbox.conf
cat >/etc/stockd/conf.d/60-inbox.yaml <<'END'
inboxes:
  erp: {folder: /srv/stock, warehouse: pp, poll: 1s, settle: 1s}
END
systemctl daemon-reload && systemctl restart stockd || fail "no start with an inbox: $(journalctl --no-pager -n 10 -u stockd)"
stockctl product add LAMP-000002 >/dev/null || fail "no product"
runuser -u keeper -- sh -c 'umask 007; printf "sku,quantity\nLAMP-000002,5\n" >/srv/stock/a.csv'
until_true "5 at the marketplace" shows LAMP-000002 5

say "upgrade in place: both go on with what they had"
dpkg-deb -R /test/stockd.deb /root/next
version=$(sed -n 's/^Version: //p' /root/next/DEBIAN/control)
sed -i "s/^Version: .*/Version: $version.1/" /root/next/DEBIAN/control
dpkg-deb -b /root/next /root/next.deb >/dev/null || fail "no package of the next version"
first=$(property stockd MainPID) second=$(property stockd@second MainPID)
dpkg -i /root/next.deb >/root/dpkg.log 2>&1 || fail "upgrade: $(cat /root/dpkg.log)"
new_process stockd "$first" || fail "stockd was not started anew"
new_process stockd@second "$second" || fail "stockd@second was not started anew"
has "stock" '\b8\b' "$(stockctl stock get LAMP-000001)"
has "stock of the second" '\b3\b' "$(stockctl -i second stock get LAMP-000001)"

say "the way back: a restore while it is stopped, by root"
systemctl stop stockd
is "how it stopped" "0 success" "$(property stockd ExecMainStatus) $(property stockd Result)"
said=$(stockctl restore /var/lib/stockd/backups/monday --store /var/lib/stockd/store --yes 2>&1) || fail "restore: $said"
systemctl start stockd || fail "no start after a restore: $(journalctl --no-pager -n 10 -u stockd)"
has "stock" '\b8\b' "$(stockctl stock get LAMP-000001)"

say "remove stops both and keeps, purge takes"
dpkg --remove stockd >/root/dpkg.log 2>&1 || fail "remove: $(cat /root/dpkg.log)"
pgrep -x stockd >/dev/null && fail "it runs without its package"
[ -d /var/lib/stockd/store ] && [ -e /etc/stockd/conf.d/50-ozon.yaml ] || fail "removing took what is the user's"
dpkg -i /test/stockd.deb >/root/dpkg.log 2>&1 || fail "installing again: $(cat /root/dpkg.log)"
until_true "it runs again" stockctl status
has "stock" '\b8\b' "$(stockctl stock get LAMP-000001)"
dpkg --purge stockd >/root/dpkg.log 2>&1 || fail "purge: $(cat /root/dpkg.log)"
pgrep -x stockd >/dev/null && fail "it runs without its package"
left=$(ls -d /etc/stockd /var/lib/stockd* /var/log/stockd* /run/stockd* /usr/lib/stockd /etc/systemd/system/*/stockd* 2>/dev/null | grep -v 'service.d/')
[ -z "$left" ] || fail "purging leaves: $left"
systemctl --failed --no-legend | grep stockd && fail "a failed unit stays"
touch /test/good
echo "systemd runs the packages."
