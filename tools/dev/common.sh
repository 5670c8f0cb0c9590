# shellcheck shell=bash
# What the commands of ./dev share: messages, packages, builds. Sourced from the repository's root.

if [ -t 1 ]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' red='' plain=''
fi

say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }

note() { printf '    %s\n' "$*"; }

die() {
    printf '%s./dev: %s%s\n' "$red" "$*" "$plain" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# --- The machine -----------------------------------------------------------------------------------------------

os_id=unknown os_version=0 os_name=$(uname -s)
if [ -r /etc/os-release ]; then
    os_id=$(. /etc/os-release && echo "${ID:-unknown}")
    os_version=$(. /etc/os-release && echo "${VERSION_ID:-999}") # testing has no number yet
    os_name=$(. /etc/os-release && echo "${PRETTY_NAME:-$os_id}")
fi

# Empty when ./dev can install packages here, else the reason.
os_problem() {
    local major=${os_version%%.*}
    case "$os_id" in
        debian) [ "$major" -ge 12 ] || echo "$os_name is too old: Debian 12 or newer is needed (g++ 12, Boost 1.81)." ;;
        ubuntu) [ "$major" -ge 24 ] || echo "$os_name is too old: Ubuntu 24.04 or newer is needed (CMake 3.25, Boost 1.81)." ;;
        *) echo "$os_name is neither Debian nor Ubuntu: install what tools/packages.txt lists with your own tools, then set CS_NO_INSTALL=1." ;;
    esac
}

# Compilers at a time: one for each core, but 1.5 GB of memory for each (Beast with sanitizers needs it).
job_count() {
    if [ -n "${CS_JOBS:-}" ]; then
        echo "$CS_JOBS"
        return
    fi
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ {print int($2 / 1500000)}' /proc/meminfo)
    [ "$memory" -ge 1 ] || memory=1
    echo $((cores < memory ? cores : memory))
}

# --- Packages --------------------------------------------------------------------------------------------------

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

is_available() { [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]; }

# Prints `alternatives<TAB>why` for each package of the groups that is missing.
missing_packages() {
    local group alternatives rest command why package found
    while read -r group alternatives rest; do
        [[ -n $group && $group != \#* && " $* " == *" $group "* ]] || continue
        command=$(sed -n 's/^@\([^ ]*\).*/\1/p' <<<"$rest")
        if [ -n "$command" ] && has "$command"; then
            continue
        fi
        found=no
        for package in ${alternatives//|/ }; do
            if is_installed "$package"; then
                found=yes
            fi
        done
        why=${rest#*# }
        [ "$found" = yes ] || printf '%s\t%s\n' "$alternatives" "$why"
    done <tools/packages.txt
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        die "root is needed to install packages and there is no sudo; run as root: $*"
    fi
}

apt_quietly() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" </dev/null; }

# need GROUP...: installs what those groups of tools/packages.txt miss.
need() {
    if [ "${CS_NO_INSTALL:-}" = 1 ]; then
        return
    fi
    local missing problem alternatives why package chosen=() updated=no
    has dpkg-query || die "$(os_problem)"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    problem=$(os_problem)
    [ -z "$problem" ] || die "$problem"
    say "Installing what is missing on $os_name"
    if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
        note "apt-get update"
        apt_quietly update || die "apt-get update failed; is the network up?"
        updated=yes
    fi
    while IFS=$'\t' read -r alternatives why; do
        package=$(first_available "$alternatives")
        if [ -z "$package" ] && [ "$updated" = no ]; then
            note "apt-get update"
            apt_quietly update || die "apt-get update failed; is the network up?"
            updated=yes
            package=$(first_available "$alternatives")
        fi
        [ -n "$package" ] || die "$os_name has no package $alternatives ($why)"
        note "$package: $why"
        chosen+=("$package")
    done <<<"$missing"
    install_chosen "$updated" "${chosen[@]}"
}

first_available() {
    local package
    for package in ${1//|/ }; do
        if is_available "$package"; then
            echo "$package"
            return
        fi
    done
}

# A stale package list names files that the mirror no longer has: refresh it once and try again.
install_chosen() {
    local updated="$1"
    shift
    if apt_install "$@"; then
        return
    fi
    if [ "$updated" = no ]; then
        note "apt-get update, then once more"
        apt_quietly update || die "apt-get update failed; is the network up?"
        if apt_install "$@"; then
            return
        fi
    fi
    tail -n 20 build/install.log >&2
    die "apt-get could not install: $* (all of its output: build/install.log)"
}

# Downloading some hundred packages takes minutes: count them as they come.
apt_install() {
    local live=0
    [ ! -t 1 ] || live=1
    mkdir -p build
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" \
        </dev/null 2>&1 | tee build/install.log | awk -v live="$live" '
            /newly installed/ { total = $3 }
            /^Get:/ { got++ }
            /^Setting up / { ready++ }
            /^(Get:|Setting up )/ {
                if (live || ++lines % 100 == 0) {
                    printf "%s    %d of %d downloaded, %d set up%s", live ? "\r" : "", got, total, ready, live ? "" : "\n"
                    fflush()
                }
            }
            END { printf "%s    %d packages set up\n", live ? "\r\033[K" : "", ready }'
}

need_for_preset() {
    case "$1" in
        dev | fuzz) need build test fuzz ;;
        lint) need build test lint ;;
        *) need build test ;;
    esac
}

# --- Builds ----------------------------------------------------------------------------------------------------

# build_preset PRESET [TARGET...]; with CS_TESTS=OFF in the environment, without what only tests need.
build_preset() {
    local preset="$1" started=$SECONDS
    shift
    need_duckdb
    say "Building $preset${*:+ ($*)}"
    # A failed configuration explains itself; a good one has nothing to say.
    local log="build/$preset-configure.log"
    mkdir -p build
    cmake --preset "$preset" "-DCS_TESTS=${CS_TESTS:-ON}" >"$log" 2>&1 || {
        cat "$log" >&2
        die "CMake could not configure the preset $preset"
    }
    local targets=()
    [ $# -eq 0 ] || targets=(--target "$@")
    cmake --build "build/$preset" --parallel "$(job_count)" "${targets[@]}" || return 1
    note "built in $((SECONDS - started)) s"
}

# The pages, into web/dist. Does nothing when they are newer than their sources.
build_web() {
    [ -f web/package.json ] || return 0
    web_packages
    if [ -d web/dist ] && [ -z "$(find web/src web/public web/index.html web/package.json -newer web/dist/index.html -print -quit)" ]; then
        return
    fi
    say "Building the pages"
    (cd web && npm run --silent build)
}

web_packages() {
    local version
    version=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    [ "$version" -ge 18 ] || die "the pages need Node 18 or newer, $(command -v node) is $(node --version)"
    if [ ! -d web/node_modules ] || [ web/package-lock.json -nt web/node_modules/.package-lock.json ]; then
        say "Fetching the packages of the pages"
        (cd web && npm ci --no-audit --no-fund --loglevel=error)
    fi
}

# shellcheck source=tools/dev/duckdb.sh
. tools/dev/duckdb.sh
