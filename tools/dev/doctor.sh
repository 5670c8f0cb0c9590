# shellcheck shell=bash
# ./dev doctor: what this machine has and lacks. Changes nothing; ends with 1 when something is missing.

dev_doctor() {
    local problem missing tool sick=0
    problem=$(os_problem)
    say "Machine"
    note "$os_name, $(uname -m), $(nproc) cores, $(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo) MB free"
    note "free disk space here: $(df -h --output=avail . | tail -n 1 | tr -d ' ')"
    if [ -n "$problem" ]; then
        note "$problem"
        sick=1
    fi
    say "Tools"
    for tool in g++ cmake ninja ccache mold clang-19 clang-format-19 clang-tidy-19 node npm python3; do
        if has "$tool"; then
            note "$tool: $("$tool" --version 2>&1 | head -n 1)"
        else
            note "$tool: not found"
        fi
    done
    say "DuckDB"
    if duckdb_present; then
        note "$duckdb_version: $(duckdb_folder)"
    else
        problem=$(duckdb_problem)
        note "missing: ${problem:-./dev up and ./dev test fetch it from npm into $(duckdb_folder)}"
        sick=1
    fi
    say "Packages"
    if ! has dpkg-query; then
        note "no dpkg here: compare with tools/packages.txt yourself"
        return 1
    fi
    missing=$(missing_packages build web test fuzz lint | sort -u)
    if [ -n "$missing" ]; then
        note "missing (./dev up and ./dev test install what they need):"
        sed 's/^/      /' <<<"$missing"
        sick=1
    else
        note "nothing is missing"
    fi
    return "$sick"
}
