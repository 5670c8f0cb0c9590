# shellcheck shell=bash
# ./dev lint: the checks of the repository, then clang-tidy-19 while compiling with clang.

dev_lint() {
    need build test lint
    say "Layers and text"
    python3 -B tools/check_layers.py
    python3 -B tools/check_text.py
    if has shellcheck; then
        shellcheck -x dev .ci/run tools/dev/*.sh
    fi
    build_preset lint "$@"
}
