#!/usr/bin/env bash
# Runs the engine on the simulated network, seed after seed, for as long as it is let.
#
#   scripts/soak.sh              ten minutes of every class in turn
#   scripts/soak.sh 90           ninety minutes
#   scripts/soak.sh 1000000s     a million seeds of every class ("s" for seeds)
#   scripts/soak.sh loss         ten minutes of one class
#   scripts/soak.sh loss 90      ninety minutes, or seeds, of it
#   scripts/soak.sh loss seed 17 one seed alone, with its packets
#
# It begins at a random seed, or at SOAK_FIRST_SEED. Ctrl-C ends it with the figures so far. Exit code 1 when a seed failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Seeds of a class in one go: long enough to hide the start of a process, short enough to see progress.
readonly CHUNK=${SOAK_CHUNK:-2000}
readonly TESTS=tests/TcpCopy.Core.Tests
readonly CLASSES=$TESTS/Session/NetworkClasses.cs
readonly PROGRAM=$TESTS/bin/Release/net10.0/TcpCopy.Core.Tests.dll

usage() {
    sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

run() {
    dotnet "$PROGRAM" -method "*.NetworkTests.Every_seed" -noColor -noLogo -noAutoReporters </dev/null
}

# One line a class: seeds run, failures, and how many seeds a second.
figures() {
    awk '/^soak / { seeds[$2] += $4; failed[$2] += $5; if ($6 > 0) seconds[$2] += $4 / $6; if (!($2 in place)) { place[$2] = ++count; name[count] = $2 } }
        END {
            printf "%-20s %12s %10s %10s\n", "class", "seeds", "failures", "seeds/s"
            for (i = 1; i <= count; i++) {
                n = name[i]
                all += seeds[n]; bad += failed[n]; time += seconds[n]
                printf "%-20s %12d %10d %10d\n", n, seeds[n], failed[n], (seconds[n] > 0 ? seeds[n] / seconds[n] : 0)
            }
            printf "%-20s %12d %10d %10d\n", "all", all, bad, (time > 0 ? all / time : 0)
            exit (bad > 0)
        }' "$LOG"
}

finish() {
    local status=$?
    trap - EXIT INT TERM
    figures || status=1
    ((broken == 0)) || status=1
    rm -f "$LOG" "$LOG.chunk"
    exit "$status"
}

soak() {
    local first=${SOAK_FIRST_SEED:-$((RANDOM * 32768 + RANDOM + 1))} done_seeds=0 count=$CHUNK
    local end=$((SECONDS + minutes * 60))
    while ((seeds > 0 ? done_seeds < seeds : SECONDS < end)); do
        ((seeds == 0 || seeds - done_seeds > CHUNK)) || count=$((seeds - done_seeds))
        TCPCOPY_FIRST_SEED=$((first + done_seeds)) TCPCOPY_SEEDS=$count run >"$LOG.chunk" 2>&1 || {
            grep -E '^ *(seed [0-9]+:|alone, )|seeds of the class' "$LOG.chunk" || {
                cat "$LOG.chunk"
                broken=1
                return
            }
        }
        grep '^soak ' "$LOG.chunk" >>"$LOG"
        done_seeds=$((done_seeds + count))
        echo "$(date +%T) seeds $first to $((first + done_seeds - 1)) of ${TCPCOPY_CLASS:-every class}: $(awk '{ bad += $5 } END { print bad + 0 }' "$LOG") failures"
    done
}

minutes=10 seeds=0 broken=0
if [[ ${1-} =~ ^[a-z] ]]; then
    grep -q "new(\"$1\"," "$CLASSES" || {
        echo "soak.sh: there is no class '$1'; the classes are: $(sed -n 's/^ *new("\([a-z-]*\)",.*/\1/p' "$CLASSES" | xargs)" >&2
        exit 2
    }
    export TCPCOPY_CLASS=$1
    shift
fi
command -v dotnet >/dev/null || {
    echo "soak.sh: the command 'dotnet' is missing: install the .NET 10 SDK" >&2
    exit 2
}
if [[ ${1-} == seed && ${2-} =~ ^[0-9]+$ && -n ${TCPCOPY_CLASS-} ]]; then
    dotnet build "$TESTS" -c Release -v quiet --nologo -clp:NoSummary >&2
    TCPCOPY_FIRST_SEED=$2 TCPCOPY_SEEDS=1 TCPCOPY_TRACE=1 run
    exit
fi
case ${1-} in
    '') ;;
    *s) seeds=${1%s} ;;
    *) minutes=$1 ;;
esac
[[ $minutes =~ ^[0-9]+$ && $seeds =~ ^[0-9]+$ && $# -le 1 ]] || usage
# A number that begins with 0 is no octal one.
minutes=$((10#$minutes)) seeds=$((10#$seeds))
dotnet build "$TESTS" -c Release -v quiet --nologo -clp:NoSummary >&2
LOG=$(mktemp)
trap finish EXIT
trap 'exit 0' INT TERM
soak
