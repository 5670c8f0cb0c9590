# shellcheck shell=bash
# ./dev lint: the checks of the repository, then clang-tidy-19 while compiling with clang.

dev_lint() {
    need build test lint
    say "Layers and text"
    local failed=()
    python3 -B tools/check_layers.py || failed+=(layers)
    python3 -B tools/check_text.py || failed+=(text)
    if has shellcheck; then
        shellcheck -x dev .ci/run tools/dev/*.sh || failed+=(shellcheck)
    fi
    build_preset lint "$@" || failed+=(clang-tidy)
    [ ${#failed[@]} -eq 0 ] || die "mistakes found by: ${failed[*]}"
}
