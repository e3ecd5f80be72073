#!/bin/bash
# The image builds, is healthy, and runs as nobody special. It needs podman or docker, and a registry with
# debian:12-slim: without them only what can be seen in the file is checked, and the test says so.
# usage: container.sh SOURCE MARKETSIM
set -u
file=$1/packaging/Containerfile
fail() { echo "$1" >&2; exit 1; }
grep -qx 'USER stockd' "$file" && grep -q '^HEALTHCHECK .*stockctl' "$file" && grep -qx 'VOLUME /var/lib/stockd' "$file" ||
    fail "$file: user, health check or volume is missing"
# What it installs to build is what script/setup installs.
for package in $(sed -n '/^build="/,/"$/p' "$1/script/setup" | tr -d '"' | sed 's/^build=//'); do
    grep -qw -- "$package" "$file" || fail "$file does not install $package, which script/setup does"
done
tool=
for one in podman docker; do command -v $one >/dev/null && tool=$one && break; done
[ -n "$tool" ] || { echo "skipped: neither podman nor docker is here, so the image was not built"; exit 77; }
[ "${STOCKD_TEST_CONTAINER:-}" = 1 ] ||
    { echo "skipped: building the image needs a registry; STOCKD_TEST_CONTAINER=1 allows it"; exit 77; }
# STOCKD_TEST_IMAGE: one that is built already. STOCKD_TEST_CONTAINER_FLAGS: of `run`, where this machine is itself a
# container, for example "--cgroups=disabled --ulimit=nofile=1024:1024 --ulimit=nproc=1024:1024".
name=stockd-test-$$ image=${STOCKD_TEST_IMAGE:-stockd-test-$$} place=$(mktemp -d) market=
finish() {
    [ -n "$market" ] && kill "$market" 2>/dev/null
    $tool rm -f "$name" >/dev/null 2>&1
    $tool volume rm -f "$name" >/dev/null 2>&1
    [ -n "${STOCKD_TEST_IMAGE:-}" ] || $tool rmi -f "$image" >/dev/null 2>&1
    rm -rf "$place"
}
trap finish EXIT
chmod 755 "$place"
if [ -z "${STOCKD_TEST_IMAGE:-}" ]; then
    format=
    [ $tool = podman ] && format='--format docker' # else the health check is left out
    # shellcheck disable=SC2086
    $tool build -q $format -f "$file" -t "$image" "$1" || fail "the image does not build"
fi
"$2" --market ozon --listen 127.0.0.1:0 --account 1000001 --key boxed-key --products 5 --prefix LAMP- --stock 0 \
    --warehouses 1001 --port-file "$place/port" >"$place/market.log" 2>&1 &
market=$!
for _ in $(seq 200); do [ -s "$place/port" ] && break; sleep 0.05; done
port=$(cat "$place/port") || fail "marketsim does not start"
install -d -m 0755 "$place/conf.d"
cp "$1/conf.d/10-stockd.yaml" "$place/conf.d/"
cat >"$place/conf.d/50-ozon.yaml" <<END
accounts:
  ozon-main:
    plugin: ozon
    client-id: 1000001
    api-key: boxed-key
    endpoints: {api: "http://127.0.0.1:$port"}
    first-plan: apply
warehouses:
  pp: {name: Main}
links:
  - {warehouse: pp, account: ozon-main, remote: "1001"}
END
chmod 0644 "$place"/conf.d/*
# shellcheck disable=SC2086
$tool run -d --name "$name" --network host ${STOCKD_TEST_CONTAINER_FLAGS:-} -v "$place/conf.d:/etc/stockd/conf.d:ro" \
    -v "$name:/var/lib/stockd" "$image" >/dev/null || fail "the container does not start"
inside() { $tool exec "$name" "$@"; }
for _ in $(seq 100); do
    inside stockctl status >/dev/null 2>&1 && break
    sleep 0.2
done
inside stockctl status || fail "stockctl has no answer inside the container: $($tool logs "$name" 2>&1)"
[ "$(inside id -un)" = stockd ] || fail "it does not run as stockd"
inside stockctl product add LAMP-000001 >/dev/null && inside stockctl stock set LAMP-000001 7 --warehouse pp >/dev/null ||
    fail "no stock can be set"
shown=
for _ in $(seq 60); do
    shown=$(inside stockctl explain LAMP-000001 2>/dev/null | grep '^  acknowledged 7,')
    [ -n "$shown" ] && break
    sleep 0.5
done
[ -n "$shown" ] || fail "7 pieces are not at the marketplace: $(inside stockctl explain LAMP-000001)"
$tool stop -t 20 "$name" >/dev/null || fail "it does not stop"
code=$($tool inspect --format '{{.State.ExitCode}}' "$name")
[ "$code" = 0 ] || fail "it ended with $code when it was stopped"
$tool logs "$name" 2>&1 | grep -q 'stopped exit=0' || fail "it was killed: $($tool logs "$name" 2>&1 | tail -n 3)"
$tool start "$name" >/dev/null || fail "it does not start again"
for _ in $(seq 100); do
    inside stockctl stock get LAMP-000001 2>/dev/null | grep -qw 7 && exit 0
    sleep 0.2
done
fail "the volume did not keep the store"
