#!/usr/bin/env bash
# Runs every test of the project; the last line is the sum over all test projects: N passed, N failed, N skipped
#
#   scripts/test.sh             everything; root is needed for the end-to-end tests
#   scripts/test.sh Core Tidy   the test projects TcpCopy.Core.Tests and TcpCopy.Tidy.Tests alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A test project that takes longer than this is stuck.
readonly PROJECT_SECONDS=2400
passed=0 failed=0 skipped=0 complaints=0

complain() {
    echo "test.sh: $1" >&2
    complaints=$((complaints + 1))
}

# One compiler for all projects in place of one each, whatever the environment says: it halves the time. It goes when they are built.
build() {
    local restore=()
    export UseSharedCompilation=true
    trap end_compiler EXIT
    # On CI a package version that the lock files do not name is an error.
    [[ ${CI-} != true ]] || restore=(--locked-mode)
    dotnet restore TcpCopy.sln -v quiet --nologo "${restore[@]}"
    dotnet build TcpCopy.sln -c Release --no-restore -v quiet --nologo
    scripts/build.sh
    trap - EXIT
    end_compiler
}

end_compiler() {
    dotnet build-server shutdown --vbcscompiler >/dev/null
}

# Counts are read from the runner's summary line: "   NAME  Total: 4, Errors: 0, Failed: 1, Skipped: 2, Not Run: 0, Time: 0.2s".
run_project() {
    local name=$1 log=$2 status=0 numbers total errors bad skips
    # In the foreground, so that Ctrl-C reaches the tests and they clean up.
    timeout --foreground --kill-after=30 "$PROJECT_SECONDS" \
        dotnet "tests/$name/bin/Release/net10.0/$name.dll" -noColor -noLogo -noAutoReporters </dev/null 2>&1 | tee "$log" || status=$?
    numbers=$(sed -nE 's/^ +[^ ]+ +Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+),.*/\1 \2 \3 \4/p' "$log" | tail -n 1)
    if [[ -z $numbers ]]; then
        # The summary of an empty project is "Total: 0" alone.
        complain "$name ran no test to its end (exit code $status)"
        return
    fi
    read -r total errors bad skips <<<"$numbers"
    passed=$((passed + total - bad - skips))
    failed=$((failed + bad + errors))
    skipped=$((skipped + skips))
    ((total > skips)) || complain "$name skipped every test"
    ((status == 0 || bad + errors > 0)) || complain "$name ended with exit code $status though no test failed"
}

main() {
    local logs name
    command -v dotnet >/dev/null || {
        echo "test.sh: the command 'dotnet' is missing: install the .NET 10 SDK" >&2
        exit 2
    }
    scripts/packages.sh tests
    build
    logs=$(mktemp -d)
    # shellcheck disable=SC2064 # the directory's name is known now
    trap "rm -rf '$logs'" EXIT
    for name in "$@"; do
        run_project "$name" "$logs/$name"
    done
    failed=$((failed + complaints))
    # Once more, where it is read: the log between is long.
    sed -nE 's/^ +([^ ].*) \[FAIL\]$/test.sh: failed: \1/p' "$logs"/* >&2
    echo "$passed passed, $failed failed, $skipped skipped"
    ((failed == 0))
}

# The house rules are the quickest to break and to read; the end-to-end tests take longest and come last.
projects() {
    local directory names=() last=()
    for directory in tests/*.Tests; do
        case $directory in
            */TcpCopy.Tidy.Tests) names=("${directory##*/}" "${names[@]}") ;;
            */TcpCopy.EndToEnd.Tests) last=("${directory##*/}") ;;
            *) names+=("${directory##*/}") ;;
        esac
    done
    printf '%s\n' "${names[@]}" "${last[@]}"
}

if (($# > 0)); then
    chosen=("${@/#/TcpCopy.}")
    main "${chosen[@]/%/.Tests}"
else
    mapfile -t all < <(projects)
    main "${all[@]}"
fi
