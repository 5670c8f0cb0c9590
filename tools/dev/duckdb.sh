# shellcheck shell=bash
# The observation store's library, which the distribution does not have: two files out of pinned npm packages, kept
# outside the build folders so that it is fetched once for a machine.

duckdb_version=1.4.4

# cmake/duckdb.cmake looks in the same place.
duckdb_folder() { echo "${CS_DUCKDB:-${XDG_CACHE_HOME:-$HOME/.cache}/chengshu/duckdb-$duckdb_version}"; }

# Empty when the library can be had for this machine, else the reason.
duckdb_problem() {
    local machine
    machine=$(uname -m)
    if [ "$(uname -s)" != Linux ] || ! grep -q "^$machine " tools/duckdb/pins.txt; then
        echo "there is no pinned DuckDB for $(uname -s) on $machine (tools/duckdb/pins.txt has x86_64 Linux only): put \
libduckdb.so and duckdb.h of DuckDB $duckdb_version into a folder and set CS_DUCKDB to it."
    fi
}

duckdb_present() { [ -s "$(duckdb_folder)/duckdb.h" ] && [ -s "$(duckdb_folder)/libduckdb.so" ]; }

# Fetches it when it is missing; needs no network when it is not.
need_duckdb() {
    local folder problem
    if duckdb_present; then
        return
    fi
    folder=$(duckdb_folder)
    [ -z "${CS_DUCKDB:-}" ] || die "CS_DUCKDB=$CS_DUCKDB has no libduckdb.so and duckdb.h"
    problem=$(duckdb_problem)
    [ -z "$problem" ] || die "$problem"
    if ! has npm; then
        need web
        has npm || die "npm is needed to fetch DuckDB $duckdb_version, or CS_DUCKDB set to a folder that holds it"
    fi
    say "Fetching DuckDB $duckdb_version into $folder"
    fetch_duckdb "$folder"
}

# All or nothing: the folder appears when both files in it have been checked.
fetch_duckdb() {
    local folder="$1" machine package version integrity inside name tarball found work
    work=$(mktemp -d)
    mkdir "$work/ready"
    while read -r machine package version integrity inside name; do
        [[ $machine == all || $machine == $(uname -m) ]] || continue
        note "$package $version"
        tarball=$(cd "$work" && npm pack --ignore-scripts --loglevel=error "$package@$version") ||
            die "npm could not fetch $package@$version; is the network up?"
        tarball="$work/$(tail -n 1 <<<"$tarball")"
        found=sha512-$(sha512sum "$tarball" | cut -d ' ' -f 1 | hex_to_base64)
        [ "$found" = "$integrity" ] ||
            die "$package@$version is not what tools/duckdb/pins.txt says: $found, expected $integrity"
        tar -xzOf "$tarball" "$inside" >"$work/ready/$name"
        tar -xzOf "$tarball" package/LICENSE >"$work/ready/LICENSE"
    done < <(grep -v '^#' tools/duckdb/pins.txt)
    mkdir -p "$(dirname "$folder")"
    rm -rf "$folder"
    chmod 755 "$work/ready"
    mv "$work/ready" "$folder"
    rm -rf "$work"
}

# Hexadecimal to base64, with what every machine that builds has.
hex_to_base64() {
    local hex
    read -r hex
    # shellcheck disable=SC2059 # the escapes are the point
    printf "$(sed 's/../\\x&/g' <<<"$hex")" | base64 -w 0
}
