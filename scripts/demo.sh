#!/usr/bin/env bash
# Builds tcpcopy and shows it at work on this machine alone; options are handed on to `tcpcopy demo`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ((EUID != 0)); then
    echo "demo.sh: needs root for a network namespace and raw sockets: sudo scripts/demo.sh" >&2
    exit 2
fi
scripts/packages.sh run
scripts/build.sh
exec artifacts/tcpcopy/tcpcopy demo "$@"
