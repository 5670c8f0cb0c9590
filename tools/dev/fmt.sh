# shellcheck shell=bash
# ./dev fmt [--check]: clang-format-19 over every C++ file of ours.

dev_fmt() {
    need lint
    has clang-format-19 || die "clang-format-19 is not installed (other versions format differently)"
    local files
    mapfile -t files < <(git ls-files -co --exclude-standard -- '*.cpp' '*.hpp' | while read -r f; do [ ! -f "$f" ] || echo "$f"; done)
    case "${1:-}" in
        --check) clang-format-19 --dry-run --Werror "${files[@]}" ;;
        '') clang-format-19 -i "${files[@]}" ;;
        *) die "fmt: unknown option $1" ;;
    esac
    note "${#files[@]} files"
}
