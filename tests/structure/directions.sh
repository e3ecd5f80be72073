#!/bin/sh
# The directions of the house: which folder may know which. An include or a link the other way fails, naming both
# files. usage: directions.sh ROOT [self-test]
set -u
root=${1:-.}

# folder: what it may include besides itself
allowed() {
    case $1 in
    base) echo "" ;;
    config | store | net) echo "base" ;;
    engine) echo "base store" ;;
    plugin) echo "base" ;; # and the SDK's <stockd/...>
    sync) echo "base store engine plugin net" ;;
    schedule) echo "base" ;;
    api | notify) echo "base store engine sync" ;;
    daemon) echo "base config store engine net plugin sync schedule api notify" ;;
    ctl) echo "base store" ;; # store: restoring a backup happens without the daemon
    *) echo "" ;;
    esac
}

may() { # may FROM TO
    [ "$1" = "$2" ] && return 0
    for one in $(allowed "$1"); do [ "$one" = "$2" ] && return 0; done
    return 1
}

bad=0
complain() {
    echo "directions: $1"
    bad=1
}

check_includes() {
    for dir in "$root"/core/*/; do
        from=$(basename "$dir")
        grep -Hn '^#include "' "$dir"*.c "$dir"*.h 2>/dev/null | while IFS=: read -r file line text; do
            path=$(echo "$text" | sed 's/^#include "\([^"]*\)".*/\1/')
            to=${path%%/*}
            if [ "$to" = "$path" ] || [ ! -d "$root/core/$to" ]; then
                complain "$file:$line: includes \"$path\", which is in no folder of core/"
            elif ! may "$from" "$to"; then
                complain "$file:$line: includes core/$path, but '$from' may not know '$to'"
            fi
        done
        forbidden_headers "$from" "$dir"
    done
    for file in "$root"/plugins/*/*.[ch] "$root"/sdk/*/*.[ch]; do
        [ -f "$file" ] || continue
        grep -Hn '^#include "\(base\|config\|store\|engine\|net\|plugin\|sync\|api\|daemon\|ctl\)/' "$file" |
            while IFS=: read -r f line text; do
                complain "$f:$line: a plugin and the SDK know nothing of core: $text"
            done
    done
}

# Libraries that would drag the wrong world in.
forbidden_headers() {
    case $1 in
    base | config | store | engine | plugin | schedule) pattern='<uv\.h>\|<curl/\|<microhttpd' ;;
    sync) pattern='<uv\.h>\|<curl/\|<microhttpd\|<lmdb' ;;
    api) pattern='<curl/\|<lmdb' ;;
    *) return ;;
    esac
    grep -Hn "^#include \($pattern\)" "$2"*.c "$2"*.h 2>/dev/null | while IFS=: read -r file line text; do
        complain "$file:$line: '$1' may not know ${text#\#include }"
    done
    [ "$1" = store ] && return
    grep -Hn '^#include <lmdb' "$2"*.c "$2"*.h 2>/dev/null | while IFS=: read -r file line text; do
        complain "$file:$line: only 'store' may know <lmdb.h>"
    done
}

check_links() {
    for file in "$root"/core/*/CMakeLists.txt; do
        [ -f "$file" ] || continue
        from=$(basename "$(dirname "$file")")
        grep -o 'stockd_[a-z]*' "$file" | sort -u | while read -r target; do
            to=${target#stockd_}
            [ -d "$root/core/$to" ] || continue
            may "$from" "$to" || complain "$file: links core/$to/CMakeLists.txt's stockd_$to, but '$from' may not know '$to'"
        done
    done
    for file in "$root"/plugins/*/CMakeLists.txt; do
        [ -f "$file" ] || continue
        grep -o 'stockd_\(base\|config\|store\|engine\|net\|plugin\|sync\|api\)\b' "$file" | grep -v '^stockd_plugin$' | while read -r target; do
            complain "$file: links $target of core/; a plugin links the SDK only"
        done
    done
}

found=$(check_includes; check_links)
if [ -n "$found" ]; then
    echo "$found"
    exit 1
fi
echo "directions: every include and link goes the way it should"
exit $bad
