#!/bin/sh
# Puts the pinned validator into the build folder. usage: install.sh SOURCE TARGET. 77: cannot be had here.
set -u
command -v node >/dev/null && command -v npm >/dev/null || {
    echo "skipped: node and npm are not installed (apt-get install nodejs npm)"
    exit 77
}
mkdir -p "$2" && cp "$1/package.json" "$1/package-lock.json" "$2" || exit 1
cmp -s "$1/package-lock.json" "$2/installed-lock.json" && [ -x "$2/node_modules/.bin/prism" ] && exit 0
if ! npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund >"$2/npm.log" 2>&1; then
    cat "$2/npm.log"
    echo "skipped: npm could not install the validator (is the npm registry reachable?)"
    exit 77
fi
cp "$1/package-lock.json" "$2/installed-lock.json"
