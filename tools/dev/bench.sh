# shellcheck shell=bash
# ./dev bench [micro|all|lifecycles|replay|start|locate|sensing] [--quick]: a release build, measured. bench/run drives the
# whole server; `micro` runs the benchmarks of single parts.

dev_bench() {
    need build test
    if [ "${1:-}" = micro ]; then
        build_preset release benchmarks
        local program
        for program in build/release/bench/*_bench; do
            [ -x "$program" ] || continue
            say "$(basename "$program")"
            "$program" --benchmark_counters_tabular=true
        done
        return
    fi
    local programs=(chengshu chengshu-load)
    case "${1:-all}" in
        all | sensing | -*)
            need bench
            programs+=(chengshu-readings chengshu-copy-readings chengshu-observations)
            ;;
    esac
    case "${1:-all}" in
        sensing) ;;
        *) programs+=(chengshu-plain-sql chengshu-locate) ;;
    esac
    build_preset release "${programs[@]}"
    bench/run "$@"
}
