#!/bin/bash
# The packages under systemd itself: a small Debian of its own boots in a container (systemd-nspawn) without any
# network but its loopback, and tests/package/booted.sh is run in it. This machine stays as it is.
# usage: systemd.sh DIRECTORY_OF_PACKAGES MARKETSIM [ROOT]      (script/package --systemd)
#   ROOT   a Debian that is kept and used again: made by debootstrap where there is none (2 minutes)
# Ends with 77 and says why where that cannot be: it needs root, debootstrap, systemd-nspawn and a mirror of Debian.
set -uo pipefail
packages=$(realpath "$1") marketsim=$(realpath "$2") here=$(dirname "$(realpath "$0")")
root=${3:-}
suite=${STOCKD_TEST_SUITE:-bookworm} mirror=${STOCKD_TEST_MIRROR:-http://deb.debian.org/debian}
limit=300 # seconds for all that happens after the boot: it takes some 40

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "only root can start a container with a service manager"
for program in systemd-nspawn debootstrap; do
    command -v $program >/dev/null || skip "$program is not installed (apt install systemd-container debootstrap)"
done
package=$(ls "$packages"/stockd_*.deb) && [ -x "$marketsim" ] || { echo "no package in $packages, or no $marketsim" >&2; exit 1; }

work=$(mktemp -d) # beside nothing of ours: the container writes its log there
trap 'rm -rf "$work"' EXIT
[ -n "$root" ] || root=$work/root
if [ ! -x "$root/usr/lib/systemd/systemd" ]; then
    # What the package and marketsim need, and what the test does: TLS before marketsim, and a look at processes.
    needs=$(dpkg-deb -f "$package" Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/ //g')
    echo "-- a Debian ($suite) into $root"
    debootstrap --variant=minbase --include="systemd,systemd-sysv,dbus,procps,socat,openssl,libgnutls30,$needs" \
        "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
        { tail -n 5 "$work/debootstrap.log"; skip "debootstrap made no Debian from $mirror"; }
fi
install -d "$work/test"
cp "$package" "$work/test/stockd.deb"
cp "$marketsim" "$work/test/marketsim"
cp "$here/booted.sh" "$work/test/"
cat >"$work/test.service" <<END
[Unit]
SuccessAction=exit
FailureAction=exit
[Service]
ExecStart=/bin/bash /test/booted.sh
StandardOutput=append:/test/said
StandardError=append:/test/said
END
echo "-- boot"
# Everything that is written stays in memory, and is gone afterwards.
timeout -k 10 "$limit" systemd-nspawn --quiet --directory="$root" --volatile=overlay --register=no --keep-unit \
    --private-network --machine="stockd-test-$$" --bind="$work/test:/test" --console=pipe \
    --bind-ro="$work/test.service:/etc/systemd/system/stockd-test.service" \
    --boot systemd.wants=stockd-test.service systemd.log_target=journal >"$work/boot.log" 2>&1 </dev/null
code=$?
[ -e "$work/test/said" ] || { tail -n 20 "$work/boot.log"; skip "no systemd boots in a container of this machine"; }
cat "$work/test/said"
[ -e "$work/test/good" ] || { echo "FAILED (the container ended with $code)"; tail -n 60 "$work/test/journal" 2>/dev/null; exit 1; }
