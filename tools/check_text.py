#!/usr/bin/env python3
"""Checks every text file of the repository for what compilers and clang-tidy cannot say.

Unfinished work, C++ lines wider than 100 columns, files too long to hold in mind, paths of one person's machine,
tabs and trailing space, conflict markers, scripts that carry on after a mistake. tools/text_allow.txt lists the
files that may break a limit and how far; a row that is no longer needed is itself a mistake, so the list shrinks.

usage: check_text.py [ROOT] | --self-test
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

CXX = {".cpp", ".hpp", ".def"}
CODE = CXX | {".py", ".sh", ".ts", ".vue", ".js", ".mjs", ".css", ".cmake", ".sql"}
SKIPPED = {".csv", ".geojson", ".png", ".jpg", ".ico", ".gz", ".pbf", ".woff2", ".svg", ".lock"}
SKIPPED_NAMES = {"package-lock.json", "LICENSE"}
SKIPPED_FOLDERS = {".git", "build", "node_modules", "dist", "corpus", "__pycache__"}
MAX_LINES = 600
MAX_COLUMNS = 100

# Written in pieces, so that this file passes its own check.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
MACHINE = re.compile(r"(?<![\w.:/*-])/(work|root|Users)/")
CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7})( |$)")


def files_of(root):
    """Tracked files and new ones that are not ignored; every file where there is no git."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=False
    )
    if listing.returncode == 0:
        names = sorted({name for name in listing.stdout.decode().split("\0") if name})
    else:
        names = []
        for folder, folders, found in os.walk(root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            names += [os.path.relpath(os.path.join(folder, name), root) for name in found]
        names.sort()
    for name in names:
        path = pathlib.PurePosixPath(name)
        if path.suffix in SKIPPED or path.name in SKIPPED_NAMES or SKIPPED_FOLDERS & set(path.parts):
            continue
        if (root / name).is_file() and not (root / name).is_symlink():
            yield name


def columns(line):
    """Chinese characters are two columns wide, as clang-format and terminals count them."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line if not unicodedata.combining(c))


def read_allowed(root):
    """{(rule, path): limit} from rows `rule path limit`."""
    allowed = {}
    path = root / "tools/text_allow.txt"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.split("#", 1)[0].split()
            if line:
                allowed[(line[0], line[1])] = int(line[2])
    return allowed


def check_limit(rule, name, value, limit, allowed, used):
    """A mistake, or None. `allowed` raises the limit of one file."""
    if value <= limit:
        return None
    used.add((rule, name))
    ceiling = allowed.get((rule, name), limit)
    return None if value <= ceiling else f"{value} {rule}, more than {ceiling}"


def check_lines(name, lines):
    suffix = pathlib.PurePosixPath(name).suffix
    for number, line in enumerate(lines, 1):
        for pattern, what in (
            (UNFINISHED, "unfinished work; finish it, or file an issue"),
            (MACHINE, "a path of one person's machine"),
            (CONFLICT, "a conflict marker"),
        ):
            if pattern.search(line):
                yield f"{name}:{number}: {what}"
        if suffix in CODE and line != line.rstrip():
            yield f"{name}:{number}: trailing space"
        if suffix in CXX and "\t" in line:
            yield f"{name}:{number}: a tab"


def check_file(name, text, allowed, used):
    suffix = pathlib.PurePosixPath(name).suffix
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    elif suffix in CODE:
        yield f"{name}: no newline at the end"
    yield from check_lines(name, lines)
    if suffix in CODE:
        mistake = check_limit("lines", name, len(lines), MAX_LINES, allowed, used)
        if mistake:
            yield f"{name}: {mistake}"
    if suffix in CXX:
        widths = [columns(line) for line in lines] or [0]
        widest = max(widths)
        mistake = check_limit("columns", name, widest, MAX_COLUMNS, allowed, used)
        if mistake:
            yield f"{name}:{widths.index(widest) + 1}: {mistake}"
    if suffix == ".hpp" and "#pragma once" not in lines[:5]:
        yield f"{name}: a header begins with #pragma once"
    if lines and re.match(r"#!.*\bbash\b", lines[0]) and "set -euo pipefail" not in text:
        yield f"{name}: a bash script needs `set -euo pipefail`"


def check(root):
    allowed, used, mistakes = read_allowed(root), set(), []
    for name in files_of(root):
        data = (root / name).read_bytes()
        if b"\0" in data:
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            mistakes.append(f"{name}: not UTF-8 at byte {error.start}")
            continue
        mistakes += check_file(name, text, allowed, used)
    for rule, name in sorted(set(allowed) - used):
        mistakes.append(f"tools/text_allow.txt: `{rule} {name}` is no longer needed, remove it")
    return mistakes


def self_test():
    good = {
        "a.cpp": "// " + "x" * 97 + "\n",
        "a.hpp": "#pragma once\n",
        "b.sh": "#!/usr/bin/env bash\nset -euo pipefail\n",
        "notes.md": "https://example.org/work/x and mktemp -d x." + "X" * 6 + "\n",
    }
    bad = {
        "unfinished work": ("a.cpp", "// TO" + "DO later\n", "unfinished"),
        "wide line": ("a.cpp", "// " + "x" * 98 + "\n", "101 columns"),
        "wide Chinese line": ("a.cpp", "// " + "城" * 49 + "\n", "101 columns"),
        "long file": ("a.cpp", "int a;\n" * 601, "601 lines"),
        "long file beyond its allowance": ("c.py", "a = 1\n" * 701, "more than 700"),
        "machine path": ("notes.md", "see /wo" + "rk/main\n", "machine"),
        "tab": ("a.cpp", "\tint a;\n", "a tab"),
        "trailing space": ("a.cpp", "int a; \n", "trailing"),
        "no newline": ("a.cpp", "int a;", "no newline"),
        "conflict": ("notes.md", "<" * 7 + " HEAD\n", "conflict"),
        "guard": ("a.hpp", "int a;\n", "#pragma once"),
        "careless script": ("b.sh", "#!/bin/bash\nfalse\n", "pipefail"),
        "bytes": ("notes.md", b"\xbe\xae", "UTF-8"),
        "stale allowance": ("c.py", "a = 1\n", "no longer needed"),
    }

    def run(files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
            return check(root)

    assert run(good) == [], run(good)
    grown = {**good, "c.py": "a = 1\n" * 650, "tools/text_allow.txt": "lines c.py 700  # why\n"}
    assert run(grown) == [], run(grown)
    for name, (path, text, expected) in bad.items():
        mistakes = run({**(grown if path == "c.py" else good), path: text})
        assert any(expected in mistake for mistake in mistakes), (name, mistakes)
    print(f"self-test: {len(bad)} mistakes found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    mistakes = check(root)
    print("\n".join(mistakes) if mistakes else "every file is in order")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
