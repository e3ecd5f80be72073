#!/bin/bash
# Whether the torture reaches everything by which the daemon leaves something behind: each such function that stockd, a
# plugin, or a library of theirs takes from libc is one of the shim's, or is named below with the reason why it need not be.
# usage: effects.sh STOCKD SHIM PLUGIN ...
set -euo pipefail
stockd=$1 shim=$2
shift 2

# What outlives a process, or leaves it. libc's list; a new one of the kernel's belongs here.
effects='write pwrite pwrite64 writev pwritev pwritev64 pwritev2 fsync fdatasync msync sync syncfs sync_file_range ftruncate
ftruncate64 truncate fallocate posix_fallocate rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat link linkat
symlink symlinkat mknod mkfifo mkstemp mkstemp64 mkostemp mkdtemp chmod fchmod fchmodat chown fchown lchown fchownat utime
utimes utimensat futimens setxattr fsetxattr creat send sendto sendmsg sendmmsg sendfile sendfile64 splice copy_file_range
connect accept4 system popen posix_spawn fork vfork execve execv execvp execl tmpfile remove'

excused() { # LIBRARY FUNCTION
    case "$1 $2" in
    "libuv.so.1 "*) # all but these are behind uv_fs_* and uv_spawn, which stockd does not call (see below)
        case $2 in write | writev | sendmsg | connect | accept4) return 1 ;; *) return 0 ;; esac ;;
    "libcurl.so.4 fork" | "libcurl.so.4 execl" | "libcurl.so.4 fchmod" | "libcurl.so.4 rename" | "libcurl.so.4 unlink") return 0 ;; # NTLM, cookies
    "libmicrohttpd.so.12 sendfile64") return 0 ;; # answers from files: there are none
    "stockd execl") return 0 ;; # beginning anew: an end like the others
    esac
    return 1
}

library() { basename "$1"; }
imports() { nm -D --undefined-only "$1" | awk '{ sub(/@.*/, "", $2); print $2 }'; }
shimmed=" $(nm -D --defined-only "$shim" | awk '{ print $3 }' | tr '\n' ' ')"
bad=0 seen=0
if imports "$stockd" | grep -E '^uv_(fs_(write|rename|unlink|mkdir|open|copyfile|ftruncate|fsync|rmdir|chmod|link|symlink)|spawn)$'; then
    echo "effects: stockd calls these of libuv, which does them by system calls of its own: the excuse for libuv is gone"
    bad=1
fi
mapfile -t libraries < <(ldd "$stockd" | awk '/=> \//{ print $3 }' |
    grep -E '/lib(lmdb|uv|curl|microhttpd|jansson|sodium|yaml)[-.]')
for object in "$stockd" "$@" "${libraries[@]}"; do
    for function in $(imports "$object" | sort -u); do
        grep -qw -- "$function" <<<"$effects" || continue
        seen=$((seen + 1))
        [[ $shimmed == *" $function "* ]] || excused "$(library "$object")" "$function" || {
            echo "effects: $(library "$object") calls $function, which tests/torture/shim.c does not see"
            bad=1
        }
    done
done
[ $seen -gt 10 ] || { echo "effects: only $seen were found: is $stockd the daemon?"; bad=1; }
[ $bad = 0 ] && echo "effects: all $seen are seen or excused"
exit $bad
