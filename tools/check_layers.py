#!/usr/bin/env python3
"""Checks the architecture of src/ against src/layers.txt.

Fails when a folder includes one that its row does not name, when the rows form a cycle, when a folder with
sources has no row, when a header of an internal/ folder is included from another module, and when a .cpp file is
in no CMakeLists.txt (it would be dead without anybody noticing).

usage: check_layers.py [ROOT] | --self-test
"""

import fnmatch
import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
LEAVES = {"tests", "fuzz", "bench", "internal"}


def read_layers(text):
    """Returns ({folder: [patterns]}, [mistakes])."""
    rows, mistakes = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        if ":" not in line:
            mistakes.append(f"src/layers.txt:{number}: expected `folder : folders`")
            continue
        folder, targets = (part.strip() for part in line.split(":", 1))
        if folder in rows:
            mistakes.append(f"src/layers.txt:{number}: {folder} has two rows")
        rows[folder] = targets.split()
    return rows, mistakes


def expand(rows):
    """Replaces patterns such as domain/* by the folders that have rows."""
    modules = [folder for folder in rows if folder.rsplit("/", 1)[-1] not in LEAVES]
    expanded, mistakes = {}, []
    for folder, patterns in rows.items():
        expanded[folder] = set()
        for pattern in patterns:
            found = fnmatch.filter(modules, pattern)
            if not found:
                mistakes.append(f"src/layers.txt: {folder} names {pattern}, which has no row")
            expanded[folder].update(found)
    return expanded, mistakes


def find_cycle(edges):
    state = {}

    def visit(node, trail):
        state[node] = "open"
        for target in sorted(edges.get(node, ())):
            if target == node:
                continue
            if state.get(target) == "open":
                return trail + [node, target]
            if target not in state:
                cycle = visit(target, trail + [node])
                if cycle:
                    return cycle
        state[node] = "done"
        return None

    for node in sorted(edges):
        if node not in state:
            cycle = visit(node, [])
            if cycle:
                return cycle
    return None


def row_of(path, rows):
    """The longest folder of `rows` that contains the path, or None."""
    parts = path.split("/")[:-1]
    while parts:
        folder = "/".join(parts)
        if folder in rows:
            return folder
        parts.pop()
    return None


def module_of(path, rows):
    """Like row_of, but the tests' own rows count as their module."""
    row = row_of(path, rows)
    while row and row.rsplit("/", 1)[-1] in LEAVES:
        row = row.rsplit("/", 1)[0]
    return row


def check_includes(source, relative, rows, edges):
    mistakes = []
    row, module = row_of(relative, rows), module_of(relative, rows)
    if row is None:
        return [f"src/{relative}: its folder has no row in src/layers.txt"]
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        if target.startswith("support/") and "/tests/" in f"/{relative}":
            continue  # tests/support: what tests of several modules share
        place = f"src/{relative}:{number}"
        other = module_of(target, rows)
        if other is None:
            mistakes.append(f'{place}: "{target}" is not below a folder of src/layers.txt (start at src/)')
        elif other != module and other not in edges[row]:
            mistakes.append(f"{place}: {row} may not include {other}")
        elif other != module and "/internal/" in target:
            mistakes.append(f"{place}: {target} is internal to {other}")
    return mistakes


def check_listed(root):
    """Every .cpp is named in the CMakeLists.txt of its folder or of one above."""
    mistakes = []
    for top in ("src", "apps", "tests", "bench", "fuzz"):
        for source in sorted((root / top).rglob("*.cpp")):
            for folder in source.parents:
                lists = folder / "CMakeLists.txt"
                name = source.relative_to(folder).as_posix()
                if lists.exists() and re.search(rf"(?<![\w/]){re.escape(name)}\b", lists.read_text(encoding="utf-8")):
                    break
                if folder == root:
                    mistakes.append(f"{source.relative_to(root)}: no CMakeLists.txt names it")
                    break
    return mistakes


def check(root):
    src = root / "src"
    rows, mistakes = read_layers((src / "layers.txt").read_text(encoding="utf-8"))
    edges, more = expand(rows)
    mistakes += more
    cycle = find_cycle({row: targets for row, targets in edges.items()})
    if cycle:
        mistakes.append("src/layers.txt: cycle " + " -> ".join(cycle))
    for source in sorted(src.rglob("*")):
        if source.suffix in (".cpp", ".hpp", ".def"):
            mistakes += check_includes(source, source.relative_to(src).as_posix(), rows, edges)
    return mistakes + check_listed(root)


def self_test():
    good = {
        "src/layers.txt": "base :\ndomain/a : base\ndomain/b : base domain/a\nservices : base domain/*\n",
        "src/base/x.hpp": "#include <vector>\n",
        "src/domain/a/a.hpp": '#include "base/x.hpp"\n',
        "src/domain/a/a.cpp": '#include "domain/a/internal/i.hpp"\n',
        "src/domain/a/internal/i.hpp": "",
        "src/domain/a/CMakeLists.txt": "chengshu_library(NAME a SRCS a.cpp)\n",
        "src/services/s.hpp": '#include "domain/b/b.hpp"\n',
    }
    bad = {
        "upward include": ("src/base/x.hpp", '#include "domain/a/a.hpp"\n', "base may not include domain/a"),
        "sibling include": ("src/domain/a/a.hpp", '# include "domain/b/b.hpp"\n', "may not include domain/b"),
        "tests follow their module": ("src/domain/a/tests/t.hpp", '#include "services/s.hpp"\n', "may not include"),
        "relative include": ("src/domain/a/a.hpp", '#include "x.hpp"\n', "start at src/"),
        "foreign internal": ("src/services/s.hpp", '#include "domain/a/internal/i.hpp"\n', "is internal"),
        "folder without a row": ("src/extra/e.hpp", "", "no row"),
        "dead file": ("src/domain/a/dead.cpp", "", "no CMakeLists.txt names it"),
        "cycle": ("src/layers.txt", "base : domain/a\ndomain/a : base\ndomain/b :\nservices : domain/*\n", "cycle"),
        "typing error": ("src/layers.txt", good["src/layers.txt"] + "ports : bsae\n", "has no row"),
    }

    def run(files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return check(root)

    assert run(good) == [], run(good)
    for name, (path, text, expected) in bad.items():
        mistakes = run({**good, path: text})
        assert any(expected in mistake for mistake in mistakes), (name, mistakes)
    print(f"self-test: {len(bad)} mistakes found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    mistakes = check(root)
    print("\n".join(mistakes) if mistakes else "every include points downwards")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
