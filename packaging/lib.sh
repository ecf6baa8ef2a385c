# shellcheck shell=bash
# What the scripts of this project share. Sourced, never run; `root` is the project's own directory.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

say() { printf '%s\n' "$*"; }

# usage: what stands at the head of the script that calls it, below its first line.
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "${BASH_SOURCE[1]}"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need_packages PACKAGE…: installs those of Debian's packages that are missing. Without a missing one it touches no network and needs no root.
need_packages() {
    local package missing=() as_root=()
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) == 'ii '* ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "these packages are missing, and neither root nor sudo is here to install them: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# What a build of Latchkey needs beside the Swift toolchain.
need_build_packages() {
    command -v swift >/dev/null || fail "there is no swift in PATH: install Swift 6.3 (https://www.swift.org/install/linux)"
    need_packages ca-certificates git liblmdb-dev libssl-dev pkg-config zlib1g-dev
}

# build_log LOG ARGUMENT…: swift build with its output in LOG, which is shown when it fails.
build_log() {
    local log=$1
    shift
    if ! (cd "$root" && swift build "$@") >"$log" 2>&1; then
        grep -E 'error:|warning: .*(fetch|resolve)' "$log" >&2 || tail -n 40 "$log" >&2
        fail "swift build $* failed"
    fi
}

# Where a release build finds its sources, wherever the checkout is: two checkouts of one commit make the same bytes. To map the path away is not
# enough, as the compiler leaves the length of a dependency's path in the code. And the debug symbols say nothing of the compiled C modules, whose
# numbers come of the times of the header files.
readonly release_place=/usr/src/latchkey

# at_release_place COMMAND…: runs it in this checkout as it lies at `release_place`, in a mount namespace of its own.
at_release_place() {
    local namespace=(unshare --mount)
    ((EUID == 0)) || namespace=(unshare --user --map-root-user --mount)
    # A checkout below /usr/src is out of sight behind the new directory there, but not for whoever stands in it.
    # shellcheck disable=SC2016
    (cd "$root" && "${namespace[@]}" bash -c 'mount -t tmpfs -o mode=755 latchkey "${0%/*}" && mkdir "$0" && mount --bind . "$0" && cd "$0" && "$@"' \
        "$release_place" "$@")
}

# release_swift ARGUMENT…: swift as every release build calls it, in a directory of its own below .build: what Swift keeps there holds the path. Where
# there are no mount namespaces, it works in the checkout, and maps its path away. Sets `products`, the directory of what was built.
release_swift() {
    local command=(swift build -c release --static-swift-stdlib -Xswiftc -Xfrontend -Xswiftc -no-clang-module-breadcrumbs)
    if at_release_place true 2>/dev/null; then
        products=$root/.build/delivery/release
        # Swift writes sources of its own into TMPDIR, and the debug symbols name them.
        mkdir -p "$root/.build/delivery/tmp"
        at_release_place env TMPDIR="$release_place/.build/delivery/tmp" "${command[@]}" --scratch-path .build/delivery "$@"
    else
        products=$root/.build/delivery-here/release
        (cd "$root" && "${command[@]}" --scratch-path .build/delivery-here "$@" \
            -Xswiftc -file-prefix-map -Xswiftc "$root=$release_place" -Xcc "-ffile-prefix-map=$root=$release_place")
    fi
}

# build_release LOG: the executable as it is delivered. Sets `binary`.
build_release() {
    if ! release_swift --product latchkey >"$1" 2>&1; then
        grep -E 'error:|warning: .*(fetch|resolve)' "$1" >&2 || tail -n 40 "$1" >&2
        fail "the release build failed"
    fi
    binary=$products/latchkey
    readonly binary
}

# make_scratch NAME [PARENT]: a private directory that goes away at the end, whatever the end is, and with it the daemon of start_daemon. Sets `scratch`.
make_scratch() {
    scratch=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/$1.XXXXXX")
    readonly scratch
    trap 'end_daemon; rm -rf "$scratch"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

daemon=

# start_daemon STATE LOG ARGUMENT…: starts `binary` on a free port of the loopback and waits for its answer.
# Sets `daemon` (its pid) and `url`.
start_daemon() {
    local state=$1 log=$2 tenths
    shift 2
    # There from the start: the daemon's own opening of it may come after the first look.
    : >"$log"
    "$binary" serve --state-dir "$state" --listen 127.0.0.1:0 "$@" 2>>"$log" </dev/null &
    daemon=$!
    for ((tenths = 0; tenths < 600; tenths++)); do
        url=$(sed -n 's|^listening on \(http://[^ ]*\)$|\1|p' "$log")
        [[ -z $url ]] || return 0
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    cat "$log" >&2
    fail "the daemon did not start"
}

# stop_daemon: asks the daemon to end, and fails unless it ended by itself and well.
stop_daemon() {
    local pid=$daemon
    daemon=
    kill -TERM "$pid"
    wait "$pid" || fail "the daemon ended with exit code $?"
}

# For the end of a script: the daemon is gone afterwards, however it feels about that.
end_daemon() {
    [[ -n $daemon ]] || return 0
    kill -KILL "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    daemon=
}

# fetch ARGUMENT…: curl to the daemon: no proxy, an end in sight, an HTTP error is an error. Secrets come in files (`-H @file`), never as arguments.
fetch() { curl --silent --show-error --fail-with-body --noproxy '*' --max-time 20 "$@"; }

# json_text NAME: the value of the first text member NAME of the JSON on standard input. For the plain values of this API: ids, tokens, URLs.
json_text() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }
