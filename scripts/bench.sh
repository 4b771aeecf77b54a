#!/usr/bin/env bash
# Measures copying: in the lab, with nginx as online server and target and with wrk, hey and curl as clients, with the copier and without in turn; and
# the copier's parts alone.
#
#   scripts/bench.sh                          every scenario, those of the lab in five runs
#   scripts/bench.sh ka-sat idle --runs 9     some of them
#   scripts/bench.sh --json results.json      every figure of every run in a file, too
#   scripts/bench.sh ka-1500 --tls            with TLS between the nodes
#   scripts/bench.sh ka-sat --nice 15         with nodes that stand back for everything else
#   scripts/bench.sh --help                   which scenarios there are
#
# The figure that carries from machine to machine is the ratio: processor time of copier and interceptor for a copied request, in that of
# the online nginx for one of its own in the same run. Needs root; nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case " $* " in
    *" --help "* | *" -h "*) ;;
    *)
        if ((EUID != 0)); then
            echo "bench.sh: needs root for network namespaces and raw sockets: sudo scripts/bench.sh" >&2
            exit 2
        fi
        scripts/packages.sh tests
        scripts/build.sh
        ;;
esac
dotnet build tests/TcpCopy.Benchmarks -c Release -v quiet --nologo >&2
exec dotnet tests/TcpCopy.Benchmarks/bin/Release/net10.0/TcpCopy.Benchmarks.dll "$@"
