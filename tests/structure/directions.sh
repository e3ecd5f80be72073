#!/bin/sh
# The directions of the house: which folder may know which. An include or a link the other way fails, naming both
# files. usage: directions.sh ROOT
set -u
cd "${1:-.}" || exit 1

# core/FOLDER: what it may know besides itself. ctl knows the store because restoring happens without the daemon.
directions='
base
say: base
config: base schedule
store: base
backup: base schedule store
net: base
engine: base store
query: base store engine
verify: base store engine
plugin: base
sync: base schedule store engine plugin net
intake: base store engine sync
schedule: base
report: base say schedule store engine query sync notify
http: base
api: base say store backup engine query verify sync intake notify report http
notify: base say schedule store engine query net sync
daemon: base say config store backup engine query verify net plugin sync intake schedule http api notify report
ctl: base store
'
# Libraries that only some folders may include.
libraries='
<uv.h>: net http api daemon
<curl/: net ctl
<microhttpd: http
<lmdb: store
<yaml.h>: config
<dlfcn.h>: plugin
<sodium: base net
'

found=$(
    awk -v directions="$directions" -v libraries="$libraries" '
        BEGIN {
            n = split(directions, lines, "\n")
            for (i = 1; i <= n; i++) {
                m = split(lines[i], words, /[: ]+/)
                if (words[1] == "") continue
                known[words[1]] = 1
                may[words[1], words[1]] = 1
                for (k = 2; k <= m; k++) may[words[1], words[k]] = 1
            }
            n = split(libraries, lines, "\n")
            for (i = 1; i <= n; i++) {
                if (!split(lines[i], words, ": ")) continue
                m = split(words[2], folders, " ")
                library[++count] = words[1]
                for (k = 1; k <= m; k++) lends[words[1], folders[k]] = 1
            }
        }
        function folder(path) { split(path, parts, "/"); return parts[1] == "core" ? parts[2] : "" }
        function check_include(from, header) {
            to = header; sub("/.*", "", to)
            if (to == "kit" && FILENAME ~ /^plugins\//) return
            if (from == "") {
                if (to in known) print FILENAME ":" FNR ": a plugin and the SDK know nothing of core/" header
            } else if (!(to in known) || to == header) {
                print FILENAME ":" FNR ": includes \"" header "\", which is in no folder of core/"
            } else if (!((from, to) in may)) {
                print FILENAME ":" FNR ": includes core/" header ", but \"" from "\" may not know \"" to "\""
            }
        }
        /^#include "/ { header = $2; gsub("\"", "", header); if (folder(FILENAME) != "" || header ~ "/") check_include(folder(FILENAME), header) }
        /^#include </ {
            from = folder(FILENAME)
            for (i = 1; i <= count && from != ""; i++)
                if (index($2, library[i]) == 1 && !((library[i], from) in lends))
                    print FILENAME ":" FNR ": \"" from "\" may not know " $2
        }
        FILENAME ~ /CMakeLists.txt$/ {
            from = folder(FILENAME); text = $0
            while (match(text, /stockd_[a-z]+/)) {
                to = substr(text, RSTART + 7, RLENGTH - 7)
                text = substr(text, RSTART + RLENGTH)
                if (!(to in known) || (from == "" && to == "plugin")) continue
                if (from == "") print FILENAME ":" FNR ": a plugin links the SDK only, not stockd_" to
                else if (!((from, to) in may))
                    print FILENAME ":" FNR ": links stockd_" to " of core/" to "/CMakeLists.txt, but \"" from "\" may not know \"" to "\""
            }
        }
    ' core/*/*.[ch] core/*/CMakeLists.txt plugins/*/*.[ch] plugins/*/CMakeLists.txt sdk/*/*.[ch] 2>&1
)
if [ -n "$found" ]; then
    printf 'directions: %s\n' "$found"
    exit 1
fi
echo "directions: every include and link goes the way it should"
