#!/usr/bin/env bash
# Damaged frames, options, capture records and messages, and hostile traffic, against decoder, serializer and session engine, for as long as you like:
#
#   scripts/fuzz.sh [MINUTES]                     60 when left out, the same for each test; exit code 1 when anything failed
#   TCPCOPY_FUZZ_SEED=N scripts/fuzz.sh           the one input of a seed that failed, everywhere
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly MINUTES=${1:-60}
[[ $MINUTES =~ ^[1-9][0-9]{0,4}$ ]] || {
    echo "fuzz.sh: '$MINUTES' is no number of minutes" >&2
    exit 2
}
count=$(grep -rho --include='*FuzzTests.cs' 'Fuzz\.Run(' tests | wc -l)
export TCPCOPY_FUZZ_SECONDS=$((MINUTES * 60 / count))
failed=0
for name in Packets Contracts Core; do
    dotnet build "tests/TcpCopy.$name.Tests" -c Release -v quiet --nologo
    "tests/TcpCopy.$name.Tests/bin/Release/net10.0/TcpCopy.$name.Tests" -noColor -noLogo -showLiveOutput -parallel none -class '*FuzzTests' || failed=1
done
exit "$failed"
