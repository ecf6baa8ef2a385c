#!/bin/sh
# Installs Latchkey from this directory: it checks every file first, then installs what is missing, and touches no network.
#
#   ./install.sh FINGERPRINT           with openssl on this host: the signature is checked under the public key that has this fingerprint
#   ./install.sh --checksum SHA256     without openssl: SHA256 is that of the file SHA256SUMS
#   ./install.sh --verify …            check only
#
# Both numbers were printed when this directory was made, and come to you on another way than the directory. A script can't vouch for itself: README
# says which command to give before this one.
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

# Numbers as people write them: spaces, colons and capitals don't count.
plain() { printf '%s' "$1" | tr -d ' :' | tr 'A-F' 'a-f'; }

check_signature() {
    command -v openssl >/dev/null || fail "there is no openssl on this host to check the signature with: use --checksum SHA256, see README"
    found=$(openssl pkey -pubin -in release-key.pem -outform DER | sha256sum | cut -d ' ' -f 1)
    [ "$found" = "$1" ] || fail "release-key.pem has the fingerprint $found, not the one that you were told: this is not from whom you think"
    openssl pkeyutl -verify -pubin -inkey release-key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig >/dev/null ||
        fail "the signature of SHA256SUMS is wrong: nothing was installed"
}

# A link leads to what was never signed, and a pipe can be read for ever.
check_kinds() {
    odd=$(find . ! -type d ! -type f)
    [ -z "$odd" ] || fail "there is something here that is neither a file nor a directory, and is not read: $odd"
}

check_files() {
    sha256sum --check --strict --quiet SHA256SUMS || fail "a file is not what was signed: nothing was installed"
    # What is not listed was not signed, and has no business here.
    find . ! -type d ! -path ./SHA256SUMS ! -path ./SHA256SUMS.sig | sort | sed 's|^\./||' | while IFS= read -r file; do
        grep -qxF "$(sha256sum "$file")" SHA256SUMS || fail "$file is not in SHA256SUMS: nothing was installed"
    done
}

# A store that a newer version has written is not opened by an older one.
check_age() {
    installed=$(dpkg-query -W -f '${Version}' latchkey 2>/dev/null || true)
    offered=$(dpkg-deb --field packages/latchkey_*.deb Version)
    if [ -n "$installed" ] && dpkg --compare-versions "$installed" gt "$offered"; then
        fail "latchkey $installed is installed, and newer than $offered, which is here: nothing was installed"
    fi
}

# is_too_old PACKAGE: whether it is installed in a version that latchkey does not do with.
is_too_old() {
    wanted=$(dpkg-deb --field packages/latchkey_*.deb Depends | tr ',' '\n' | sed -n "s/^ *$1 (>= *\([^)]*\)).*/\1/p")
    present=$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null || true)
    [ -n "$wanted" ] && [ -n "$present" ] && dpkg --compare-versions "$present" lt "$wanted"
}

# The packages that are not installed yet, or too old, and latchkey in any case.
needed() {
    # By name from the list that was signed, never by a look at what lies there.
    sed -n 's|^[0-9a-f]\{64\}  \(packages/[^/ ]*\.deb\)$|\1|p' SHA256SUMS | while IFS= read -r file; do
        name=$(dpkg-deb --field "$file" Package)
        state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
        if [ "$name" = latchkey ] || [ "$state" != installed ] || is_too_old "$name"; then printf '%s\n' "$file"; fi
    done
}

# With that variable cd may go elsewhere, and says where on standard output.
unset CDPATH
cd -- "$(dirname -- "$0")"
verify_only=false
if [ "${1:-}" = --verify ]; then
    verify_only=true
    shift
fi
check_kinds
case ${1:-} in
    '' | -h | --help)
        sed -n '2,10s/^# \{0,1\}//p' install.sh
        [ "${1:-}" ] || exit 2
        exit
        ;;
    --checksum)
        found=$(sha256sum SHA256SUMS | cut -d ' ' -f 1)
        [ "$found" = "$(plain "${2:-}")" ] || fail "SHA256SUMS has the checksum $found, not the one that you were told: nothing was installed"
        ;;
    -*) fail "there is no option $1; see --help" ;;
    *) check_signature "$(plain "$1")" ;;
esac
check_files
echo "every file is the one that was signed"
if $verify_only; then exit; fi
[ "$(id -u)" = 0 ] || fail "installing needs root: sudo ./install.sh …"
check_age
files=$(needed)
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive dpkg --install $files
echo "installed; what to do next: latchkey status"
