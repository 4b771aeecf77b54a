#!/usr/bin/env bash
# Measures copying in the lab: nginx as online server and target, wrk and hey as clients, with the copier and without in turn.
#
#   scripts/bench.sh                          every workload, five runs
#   scripts/bench.sh ka-sat --runs 9          one workload
#   scripts/bench.sh --json results.json      every figure of every run in a file, too
#   scripts/bench.sh --help
#
# The figure that carries from machine to machine is the ratio: processor time of copier and interceptor for a copied request, in that of
# the online nginx for one of its own in the same run. Needs root; nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ((EUID != 0)); then
    echo "bench.sh: needs root for network namespaces and raw sockets: sudo scripts/bench.sh" >&2
    exit 2
fi
scripts/packages.sh tests
scripts/build.sh
dotnet build tests/TcpCopy.Benchmarks -c Release -v quiet --nologo
exec dotnet tests/TcpCopy.Benchmarks/bin/Release/net10.0/TcpCopy.Benchmarks.dll "$@"
