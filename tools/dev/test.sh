# shellcheck shell=bash
# ./dev test: everything that a change must pass. Arguments go to ctest and then only ctest runs.

results=() failures=0

# step NAME COMMAND...: runs it, remembers how it ended.
step() {
    local name="$1" started=$SECONDS verdict=passed
    shift
    say "$name"
    # Not `(...) || ...`: that would switch errexit off inside.
    set +e
    (
        set -e
        "$@"
    )
    [ $? -eq 0 ] || verdict=FAILED failures=$((failures + 1))
    set -e
    results+=("$(printf '%-7s %4d s  %s' "$verdict" $((SECONDS - started)) "$name")")
}

dev_test() {
    need build test web fuzz
    # Where the reason to skip a test is that something is not installed, the test fails.
    export CHENGSHU_REQUIRE_POSTGRES=1 CHENGSHU_REQUIRE_MOSQUITTO=1 CHENGSHU_REQUIRE_BROWSER=1
    build_preset dev
    if [ $# -gt 0 ]; then
        run_ctest dev "$@"
        return
    fi
    step "unit, contract, simulation, whole program, repository; with sanitizers" run_ctest dev --label-exclude slow
    step "fuzzers, short" short_fuzz
    # Another compiler, and what people get.
    step "the release build" build_preset release chengshu chengshu-sim
    step "whole program under load, kill -9 and replays; the release build" run_ctest release --label-regex slow
    if [ -f web/package.json ]; then
        step "pages" test_web
    fi
    say "Summary"
    printf '    %s\n' "${results[@]}"
    [ "$failures" -eq 0 ] || die "not everything passed"
}

# run_ctest PRESET [ARGUMENT...]
run_ctest() {
    local preset="$1"
    shift
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --parallel "$(nproc)" "$@"
}

test_web() {
    build_web
    (cd web && npm run --silent test && npm run --silent e2e)
    python3 tests/e2e/web_test.py build/release/apps/chengshu/chengshu
}

short_fuzz() {
    . tools/dev/fuzz.sh
    dev_fuzz --runs "${CS_FUZZ_RUNS:-1500}"
}
