# shellcheck shell=bash
# ./dev sim [--seed N | --seeds N]: the simulator, optimised, with fault points.

dev_sim() {
    [ -f apps/chengshu-sim/CMakeLists.txt ] || die "there is no simulator in this tree"
    [ $# -gt 0 ] || set -- --seeds 100
    need_for_preset sim
    build_preset sim chengshu-sim
    build/sim/apps/chengshu-sim/chengshu-sim "$@"
}
