#!/usr/bin/env bash
# Builds the executable for machines with the .NET 10 runtime: artifacts/tcpcopy/tcpcopy
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly OUTPUT=artifacts/tcpcopy

platform() {
    case $(uname -m) in
        x86_64) echo linux-x64 ;;
        aarch64) echo linux-arm64 ;;
        *)
            echo "build.sh: no build for $(uname -m): tcpcopy runs on x86_64 and aarch64" >&2
            exit 2
            ;;
    esac
}

command -v dotnet >/dev/null || {
    echo "build.sh: the command 'dotnet' is missing: install the .NET 10 SDK" >&2
    exit 2
}

rid=$(platform)
# Compiled ahead: a node that compiles while it captures stalls for longer than the kernel's buffer lasts.
# Published beside and then moved, so that a node that runs from the old files keeps them and a failed build leaves them as they were.
rm -rf "$OUTPUT.new"
dotnet publish src/TcpCopy.Cli -c Release -v quiet --nologo -o "$OUTPUT.new" \
    -r "$rid" --self-contained false -p:PublishReadyToRun=true
rm -rf "$OUTPUT"
mv "$OUTPUT.new" "$OUTPUT"
echo "build.sh: $PWD/$OUTPUT/tcpcopy"
