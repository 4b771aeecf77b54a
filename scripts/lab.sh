#!/usr/bin/env bash
# The four-host lab: one network namespace a host, all on one bridge that lives in a fifth. Nothing of the machine's own network is touched.
#
#   scripts/lab.sh up   [PREFIX]    makes the lab; what an earlier run left behind is removed first
#   scripts/lab.sh down [PREFIX]    ends the processes inside and removes everything
#
#   host        namespace           addresses
#   client      PREFIXclient        10.77.0.1/24  fd77::1/64
#   online      PREFIXonline        10.77.0.2/24  fd77::2/64
#   target      PREFIXtarget        10.77.0.3/24  fd77::3/64
#   assistant   PREFIXassistant     10.77.0.4/24  fd77::4/64
#
# Each host has lo and eth0. PREFIX is "tcl-" when left out; labs of different prefixes live side by side.
# A command on a host: ip netns exec tcl-online COMMAND
set -euo pipefail

readonly HOSTS=(client online target assistant)

fail() {
    echo "lab.sh: $1" >&2
    exit 2
}

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
}

# A namespace outlives its name while a process is in it, so the processes go first.
end_processes() {
    local namespace=$1 signal pids attempt
    for signal in TERM KILL; do
        for attempt in {1..20}; do
            pids=$(ip netns pids "$namespace")
            [[ -z $pids ]] && return 0
            if ((attempt == 1)); then
                # A process may end by itself between the listing and the signal.
                xargs -r kill "-$signal" 2>/dev/null <<<"$pids" || true
            fi
            sleep 0.1
        done
    done
    fail "processes ${pids//$'\n'/ } in $namespace do not end"
}

remove_namespace() {
    if [[ -e /run/netns/$1 ]]; then
        end_processes "$1"
        ip netns delete "$1"
    fi
}

down() {
    local host
    for host in "${HOSTS[@]}" bridge; do
        remove_namespace "$prefix$host"
    done
}

make_bridge() {
    local namespace=${prefix}bridge setting
    ip netns add "$namespace"
    ip -n "$namespace" link set lo up
    ip -n "$namespace" link add name bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0
    ip -n "$namespace" link set bridge up
    # A switch filters nothing. The settings are there only where the kernel has loaded its bridge filter.
    for setting in iptables ip6tables arptables; do
        ip netns exec "$namespace" sysctl -eqw "net.bridge.bridge-nf-call-$setting=0"
    done
}

make_host() {
    local host=$1 number=$2 namespace=$prefix$1 setting
    ip netns add "$namespace"
    # Forged sources arrive on the target, and "default" is what devices yet to be made start from.
    for setting in all default; do
        ip netns exec "$namespace" sysctl -qw "net.ipv4.conf.$setting.rp_filter=0"
        # No duplicate address detection: addresses are usable at once, and nothing changes by itself a second later.
        ip netns exec "$namespace" sysctl -qw "net.ipv6.conf.$setting.accept_dad=0"
    done
    ip -n "$namespace" link set lo up
    ip -n "$namespace" link add name eth0 type veth peer name "$host" netns "${prefix}bridge"
    ip -n "${prefix}bridge" link set "$host" master bridge up
    ip -n "$namespace" address add "10.77.0.$number/24" dev eth0
    ip -n "$namespace" address add "fd77::$number/64" dev eth0
    ip -n "$namespace" link set eth0 up
}

# A device drops without a word what is sent before the kernel has seen the other end of its wire.
await_wire() {
    local attempt
    for attempt in {1..100}; do
        if [[ $(ip -n "$1" -o link show dev eth0) == *" state UP "* && -n $(ip -n "$1" -6 -o address show dev eth0 scope link -tentative) ]]; then
            return 0
        fi
        sleep 0.05
    done
    fail "eth0 in $1 does not come up after $attempt attempts"
}

up() {
    local index host
    down
    # A lab half made is of no use to anybody.
    trap down EXIT
    make_bridge
    for index in "${!HOSTS[@]}"; do
        make_host "${HOSTS[index]}" "$((index + 1))"
    done
    for host in "${HOSTS[@]}"; do
        await_wire "$prefix$host"
    done
    trap - EXIT
}

(($# == 1 || $# == 2)) || usage
readonly prefix=${2-tcl-}
[[ $prefix =~ ^[A-Za-z0-9_.-]{1,32}$ ]] || fail "prefix '$prefix': one to 32 letters, digits, '-', '_' or '.'"
((EUID == 0)) || fail "network namespaces need root: run it with sudo"
command -v ip >/dev/null || fail "the command 'ip' is missing: install the package iproute2"
case $1 in
    up) up ;;
    down) down ;;
    *) usage ;;
esac
