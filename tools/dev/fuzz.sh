# shellcheck shell=bash
# ./dev fuzz [name] [--seconds N]: libFuzzer on every decoder. New inputs gather in build/fuzz/corpus, crashes in
# build/fuzz/crash; a crash worth keeping is copied to the seed corpus by hand, where every test run replays it.
# --runs N: the same N inputs every time, from the seed corpus alone, so that a test run says the same of a commit
# wherever it runs; what chance finds is for runs without it.

dev_fuzz() {
    local seconds=60 preset=fuzz runs='' only='' name corpus failed
    while [ $# -gt 0 ]; do
        case "$1" in
            --seconds)
                [ $# -gt 1 ] || die "--seconds needs a number"
                seconds="$2"
                shift
                ;;
            --runs)
                [ $# -gt 1 ] || die "--runs needs a number"
                runs="$2"
                shift
                ;;
            -*) die "fuzz: unknown option $1" ;;
            *) only="$1" ;;
        esac
        shift
    done
    # A short run is a test and takes the tests' build; a long one is worth a build that finds more.
    [ -z "$runs" ] || preset=dev
    need_for_preset "$preset"
    build_preset "$preset" fuzzers
    [ -z "$only" ] || grep -q "^$only " build/$preset/fuzz/list.txt || die "there is no fuzzer $only: $(cut -d' ' -f1 build/$preset/fuzz/list.txt | tr '\n' ' ')"
    check_canary
    note "each fuzzer $([ -n "$runs" ] && echo "$runs inputs" || echo "$seconds s"), $(nproc) at a time"
    failed="$(mktemp)"
    while read -r name corpus; do
        [ -z "$only" ] || [ "$only" = "$name" ] || continue
        [ "$name" != canary_fuzz ] || continue
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
            wait -n || true
        done
        { run_fuzzer "$name" "$corpus" "$seconds" "$runs" || echo "$name" >>"$failed"; } &
    done <"build/$preset/fuzz/list.txt"
    wait
    only="$(tr '\n' ' ' <"$failed")"
    rm -f "$failed"
    [ -z "$only" ] || die "crashes in: $only(inputs in build/fuzz/crash)"
}

# The canary has a planted mistake. If a fuzzing run can pass in spite of it, passing means nothing.
check_canary() {
    if run_fuzzer canary_fuzz fuzz/corpus/canary 20 >/dev/null 2>&1; then
        die "the canary's planted mistake was not found: this fuzzing setup sees no failures"
    fi
    rm -f build/fuzz/crash/canary_fuzz-*
    note "canary: its planted mistake was found, as it must be"
}

# run_fuzzer NAME SEEDS SECONDS [RUNS]
run_fuzzer() {
    local name="$1" seeds="$2" log="build/fuzz/$1.log" found="build/fuzz/corpus/$1" until="-max_total_time=$3"
    if [ -n "${4:-}" ]; then
        found="$(mktemp -d)"
        until="-runs=$4 -seed=1"
    fi
    mkdir -p "$found" build/fuzz/crash
    # shellcheck disable=SC2086 # until is one or two flags
    if "build/$preset/fuzz/$name" $until -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="build/fuzz/crash/$name-" \
        "$found" "$seeds" >"$log" 2>&1 </dev/null; then
        note "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
        [ -z "${4:-}" ] || rm -rf "$found"
        return
    fi
    [ -z "${4:-}" ] || rm -rf "$found"
    tail -n 60 "$log"
    return 1
}
