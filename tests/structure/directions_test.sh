#!/bin/sh
# The check itself must be able to fail: wrong includes and links in a copy of the tree are found and named.
set -eu
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/core" "$root/plugins" "$root/sdk" "$work/"
sh "$root/tests/structure/directions.sh" "$work" >/dev/null

expect() { # expect FILE LINE WORDS
    printf '%s\n' "$2" >>"$work/$1"
    if out=$(sh "$root/tests/structure/directions.sh" "$work"); then
        echo "not found: '$2' in $1"
        exit 1
    fi
    for word in $3; do
        case $out in *"$word"*) ;; *) echo "'$word' is not named in: $out"; exit 1 ;; esac
    done
    cp "$root/$1" "$work/$1"
}

expect core/engine/stock.c '#include "sync/sync.h"' "core/engine/stock.c core/sync/sync.h"
expect core/engine/stock.c '#include <uv.h>' "core/engine/stock.c <uv.h>"
expect core/base/buf.c '#include "store/store.h"' "core/base/buf.c core/store/store.h"
expect core/net/quota_book.c '#include "engine/engine.h"' "core/net/quota_book.c core/engine/engine.h"
expect core/sync/push.c '#include "api/api.h"' "core/sync/push.c core/api/api.h"
expect core/engine/CMakeLists.txt 'target_link_libraries(stockd_engine PUBLIC stockd_net)' "core/engine/CMakeLists.txt core/net/CMakeLists.txt"
expect plugins/ozon/plugin.c '#include "engine/engine.h"' "plugins/ozon/plugin.c engine"
echo "directions_test: wrong directions are found"
