# shellcheck shell=bash
# ./dev bench [args]: the optimised benchmarks. bench/run, when it exists, drives the whole server and gets the args.

dev_bench() {
    need build test
    build_preset release benchmarks
    local program
    for program in build/release/bench/*_bench; do
        [ -x "$program" ] || continue
        say "$(basename "$program")"
        "$program" --benchmark_counters_tabular=true
    done
    if [ -x bench/run ]; then
        build_preset release chengshu
        bench/run "$@"
    fi
}
