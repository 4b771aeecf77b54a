#!/usr/bin/env bash
# Installs what is missing on this machine, with the system's package manager; does nothing when all is there.
#
#   scripts/packages.sh run      what tcpcopy itself needs: libpcap, nft, ip
#   scripts/packages.sh tests    that, and the servers and tools of the tests (Debian and its children)
set -euo pipefail

# What is looked for, and the package that brings it: Debian | Fedora | Alpine | Arch | openSUSE.
readonly RUN_NEEDS=(
    "libpcap.so libpcap0.8 libpcap libpcap libpcap libpcap1"
    "nft nftables nftables nftables nftables nftables"
    "ip iproute2 iproute iproute2 iproute2 iproute2"
)
readonly TEST_NEEDS=(
    "iptables iptables"
    "nginx nginx-light"
    "wrk wrk"
    "hey hey"
    "curl curl"
    "tcpdump tcpdump"
    "redis-server redis-server"
    "pgbench postgresql"
    "exim4 exim4-daemon-light"
    "socat socat"
    "ethtool ethtool"
    "ps procps"
    "openssl openssl"
    "systemd-analyze systemd"
    "setpriv util-linux"
    "chromium chromium"
)
readonly POLICY=/usr/sbin/policy-rc.d
readonly MARK='# of tcpcopy, for as long as it installs packages'

fail() {
    echo "packages.sh: $1" >&2
    exit 2
}

is_there() {
    case $1 in
        libpcap.so) compgen -G '/usr/lib*/*/libpcap.so.*' >/dev/null || compgen -G '/usr/lib*/libpcap.so.*' >/dev/null \
            || compgen -G '/lib*/*/libpcap.so.*' >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

package_manager() {
    local name
    for name in apt-get dnf apk pacman zypper; do
        if command -v "$name" >/dev/null; then
            echo "$name"
            return
        fi
    done
}

# Debian starts a service as soon as its package is unpacked; a policy that answers 101 ("not allowed") keeps it from doing so.
forbid_services() {
    trap restore_services EXIT
    # Ours is one that a killed run left.
    if [[ -e $POLICY ]] && ! is_ours; then
        mv "$POLICY" "$POLICY.before-tcpcopy"
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$MARK" >"$POLICY"
    chmod 755 "$POLICY"
}

is_ours() {
    grep -qxF "$MARK" "$POLICY" 2>/dev/null
}

restore_services() {
    if is_ours; then
        rm -f "$POLICY"
    fi
    if [[ -e $POLICY.before-tcpcopy ]]; then
        mv "$POLICY.before-tcpcopy" "$POLICY"
    fi
}

install_with() {
    local manager=$1
    shift
    echo "packages.sh: installing $* with $manager"
    ((EUID == 0)) || fail "installing $* needs root: run it with sudo, or install them yourself"
    case $manager in
        apt-get)
            forbid_services
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
            ;;
        dnf) dnf install -y -q "$@" </dev/null ;;
        apk) apk add --quiet "$@" </dev/null ;;
        pacman) pacman -Sy --noconfirm --needed "$@" </dev/null ;;
        zypper) zypper --non-interactive --quiet install "$@" </dev/null ;;
        *) fail "no known package manager here (apt-get, dnf, apk, pacman, zypper): install $* by hand" ;;
    esac
}

column_of() {
    case $1 in
        dnf) echo 2 ;;
        apk) echo 3 ;;
        pacman) echo 4 ;;
        zypper) echo 5 ;;
        *) echo 1 ;;
    esac
}

main() {
    local manager row missing=() unmet=() fields
    manager=$(package_manager)
    for row in "$@"; do
        read -ra fields <<<"$row"
        if ! is_there "${fields[0]}"; then
            missing+=("${fields[$(column_of "$manager")]-${fields[1]}}")
        fi
    done
    ((${#missing[@]} > 0)) || return 0
    install_with "$manager" "${missing[@]}"
    for row in "$@"; do
        read -ra fields <<<"$row"
        is_there "${fields[0]}" || unmet+=("${fields[0]}")
    done
    ((${#unmet[@]} == 0)) || fail "still missing after the installation: ${unmet[*]}"
}

# Where root's own directories are not on the path (su without -), nft, ip and nginx are not found.
PATH=$PATH:/usr/sbin:/sbin
case ${1-} in
    run) main "${RUN_NEEDS[@]}" ;;
    tests) main "${RUN_NEEDS[@]}" "${TEST_NEEDS[@]}" ;;
    *) fail "say 'run' or 'tests'" ;;
esac
