#!/bin/bash
# The image builds, is healthy, and runs as nobody special. It needs podman or docker, and a registry with
# debian:12-slim: without them only what can be seen in the file is checked, and the test says so.
# usage: container.sh SOURCE
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
image=stockd-test-$$
$tool build -q -f "$file" -t "$image" "$1" || fail "the image does not build"
trap '$tool rm -f "$image" >/dev/null 2>&1; $tool rmi -f "$image" >/dev/null 2>&1' EXIT
$tool run -d --name "$image" "$image" >/dev/null || fail "the container does not start"
for _ in $(seq 50); do
    $tool exec "$image" stockctl status >/dev/null 2>&1 && break
    sleep 0.2
done
$tool exec "$image" stockctl status || fail "stockctl has no answer inside the container"
[ "$($tool exec "$image" id -un)" = stockd ] || fail "it does not run as stockd"
