#!/bin/sh
# Runs a script of node's where there is one. usage: run.sh NODE SCRIPT [ARGUMENT ...]. 77: skipped.
command -v "$1" >/dev/null || {
    echo "skipped: node is not installed (apt-get install nodejs npm)"
    exit 77
}
exec "$@"
