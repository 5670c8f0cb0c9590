#!/usr/bin/env python3
"""Checks that every message that can reach a person is in the catalogue (src/base/messages*.def), and every row in use.

A message is the second argument of fail(code, message, field), of Error{code, message, field}, and of what WRAPPERS
names, unless the code is Internal, which nobody but the log is told. A literal, fmt::format of one, both branches of a
?: and sums are understood; a plain variable stands for what the same file assigns to it. Whatever else builds a message
must be named in WRAPPERS or RETURNS, so that nothing can slip past.

usage: check_messages.py [ROOT] | --list [ROOT] | --self-test
"""

import pathlib
import re
import sys
import tempfile

FOLDERS = ("src", "apps")
# Tests and the simulator speak to developers.
SKIPPED = re.compile(r"/(tests|fuzz|bench)/|^src/simulation/|^apps/chengshu-sim/|^src/base/result\.[ch]pp$")

# file or folder -> function -> which arguments are messages, or (argument, template with @ for it)
WRAPPERS = {
    "src/": {"parse_json": [1]},
    "apps/chengshu/": {"problem": [0], "problem_": [0]},
    "apps/chengshu/settings.cpp": {"wrong": [0]},
    "src/adapters/duckdb/": {"unusable": [(1, "the observations in {}: @")]},
    "src/adapters/files/file_blobs.cpp": {"io_failure": [(0, "cannot @ {}: {}")]},
    "src/adapters/mqtt/mqtt_client.cpp": {"problem": [0], "lose": [0]},
    "src/adapters/mqtt/packet.cpp": {"broken": [(0, "the broker has sent a wrong @")]},
    "src/adapters/postgres/": {"pg_failure": [(2, "@: {}")]},
    "src/adapters/sql/observation_query.cpp": {"bad": [1]},
    "src/adapters/sqlite/": {"sqlite_failure": [(1, "@: {}")]},
    "src/adapters/webhooks/asio_client.cpp": {"broken": [(0, "@: {}")]},
    "src/domain/access/login.cpp": {"weak": [0]},
    "src/domain/city/codes.cpp": {"invalid": [0]},
    "src/domain/sensing/geometry_text.cpp": {"wrong": [0]},
    "src/domain/sensing/ingest_line.cpp": {"fail": [1, 2]},
    "src/domain/sensing/ingest_ndjson.cpp": {"fail": [1, 2], "syntax": [0]},
    "src/domain/sensing/json_patch.cpp": {"wrong": [1]},
    "src/domain/sensing/observation.cpp": {"bad": [2]},
    "src/domain/sensing/odata/": {
        "wrong": [1], "unknown": [1], "expected": [0], "expected_here": [0], "expect": [1], "missing": [0]
    },
    "src/domain/sensing/quality.cpp": {"bad": [(1, "{} @")]},
    "src/edge/api/schema.cpp": {"wrong": [0, 1]},
    "src/edge/cap/": {"wrong": [1]},
    "src/edge/mqtt/": {"problem_": [0], "reject": [1]},
    "src/edge/sensorthings/multipart_mixed.cpp": {"malformed": [0]},
    "src/services/maintenance.cpp": {"emplace_back": [0]},
    "src/services/replay/": {"mistake": [1]},
    "src/services/sensing/": {"wrong": [1], "refuse": [1, 2]},
    "src/services/sensing/rules.cpp": {"push_back": [0]},
    "src/services/webhook_address.cpp": {"refused": [0]},
}

# file or folder -> functions that return a message or a part of one
RETURNS = {
    "apps/chengshu/settings.cpp": ["form_of"],
    "src/adapters/mqtt/": ["reason_text"],
    "src/domain/access/scope.cpp": ["why_not"],
    "src/domain/cases/document.cpp": ["finish"],
    "src/domain/sensing/odata/": ["describe", "did_you_mean", "unknown_name"],
    "src/edge/api/schema.cpp": ["suggestion"],
    "src/services/sensing/entity_body.cpp": ["wanted"],
    "src/services/webhook_delivery.cpp": ["reason_of"],
}

# file -> what captures a message in a table of it
TABLES = {
    "src/domain/access/principal.cpp": re.compile(r'\{Permission::\w+,\s*"[^"]*",\s*"[^"]*",\s*"([^"]*)"'),
    # The English beside the Chinese of a Label.
    "src/domain/city/csv.cpp": re.compile(
        r'"[^"]*[\u4e00-\u9fff][^"]*"[^"{}]*(?:fmt::format\()?("(?:[^"]*"\s*")*[^"]*")'
    ),
}

# Where a variable or a call stands for a message that is somebody else's: already one of theirs, or a system's own text.
PASSED_ON = re.compile(r"(\.|->)(context|error|what|message)(\(\))?$")

LITERALS = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
ROW = re.compile(rf"CS_MESSAGE\(\s*{LITERALS},\s*{LITERALS}\)|//[^\n]*|\S[^\n]*")
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CHARACTER = re.compile(r"'(?:[^'\\\n]|\\.)+'")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'", "0": "\0"}
CAST = re.compile(r"^(?:std::move|std::string|std::string_view|Status|text)\s*(?=[({])")
WORD = re.compile(r"[A-Za-z]")
# "where: what" is put together anew around a known "what".
PREFIX = re.compile(r"^(?:\{\}:)+ ")


def unescape(text):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(0)), text)


def without_comments(text):
    """Blanks comments out, keeping line numbers; strings stay."""
    out, i = [], 0
    while i < len(text):
        found = STRING.match(text, i) if text[i] == '"' else CHARACTER.match(text, i) if text[i] == "'" else None
        if found:
            out.append(found.group(0))
            i = found.end()
            continue
        found = COMMENT.match(text, i) if text[i] == "/" else None
        if found:
            out.append(re.sub(r"[^\n]", " ", found.group(0)))
            i = found.end()
            continue
        out.append(text[i])
        i += 1
    return "".join(out)


def split_top(text, separators):
    """Splits at separators outside of brackets and strings; returns [(part, separator before it)]."""
    parts, depth, start, before, i = [], 0, 0, "", 0
    while i < len(text):
        c = text[i]
        found = STRING.match(text, i) if c == '"' else CHARACTER.match(text, i) if c == "'" else None
        if found:
            i = found.end()
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif depth == 0 and c in separators and text[i : i + 2] not in ("::", "->", "++", "+=", "--"):
            if not (c == ":" and i > 0 and text[i - 1] == ":"):
                parts.append((text[start:i], before))
                start, before = i + 1, c
        i += 1
    parts.append((text[start:], before))
    return parts


def bracketed(text, start):
    """The text between the bracket at `start` and its partner, and the position after that; None when unclosed."""
    depth, i = 0, start
    while i < len(text):
        c = text[i]
        found = STRING.match(text, i) if c == '"' else CHARACTER.match(text, i) if c == "'" else None
        if found:
            i = found.end()
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return text[start + 1 : i], i + 1
        i += 1
    return None


def arguments(text):
    return [part.strip() for part, _ in split_top(text, ",")]


def normal(pattern):
    """{0}, {:.1f} and {} are the same placeholder; doubled braces are one."""
    out = pattern.replace("{{", "\1").replace("}}", "\2")
    return PLACEHOLDER.sub("{}", out).replace("\1", "{").replace("\2", "}")


def plain_literal(text):
    literals, rest = STRING.findall(text), STRING.sub("", text).strip()
    return unescape("".join(literals)) if literals and not rest else None


def evaluate(text):
    """([patterns], [parts that are not understood]) of an expression. A pattern writes {} for what is put in."""
    text = text.strip()
    literal = plain_literal(text)
    if literal is not None:
        return [literal.replace("{", "{{").replace("}", "}}")], []
    cast = CAST.match(text)
    if cast or text.startswith("("):
        at = cast.end() if cast else 0
        inside = bracketed(text, at)
        if inside and not text[inside[1] :].strip():
            return evaluate(inside[0])
    branches = split_top(text, "?:")
    if len(branches) >= 3 and branches[1][1] == "?":
        yes_no = text[len(branches[0][0]) + 1 :]
        depth, at = 0, None
        position = 0
        for part, before in split_top(yes_no, "?:"):
            if before == "?":
                depth += 1
            elif before == ":":
                if depth == 0:
                    at = position - 1
                    break
                depth -= 1
            position += len(part) + 1
        if at is not None:
            left, right = evaluate(yes_no[:at]), evaluate(yes_no[at + 1 :])
            return left[0] + right[0], left[1] + right[1]
    sums = split_top(text, "+")
    if len(sums) > 1:
        patterns, odd = [""], []
        for part, _ in sums:
            more, strange = evaluate(part)
            # Inside a sum a variable is a placeholder like any other.
            patterns = [a + b for a in patterns for b in (more or ["{}"])]
        return patterns, odd
    if text.startswith("fmt::format("):
        inside = bracketed(text, len("fmt::format"))
        if inside and not text[inside[1] :].strip():
            given = arguments(inside[0])
            literal = plain_literal(given[0])
            if literal is None:
                return [], [given[0]]
            nested = []
            for part in given[1:]:
                # A part that is itself words, not a name: "an operator or the end".
                nested += [p for p in evaluate(part)[0] if " " in normal(p).replace("{}", "").strip()]
            return [literal] + nested, []
    return [], [text]


def lookup(table, path):
    out = {}
    for key, value in table.items():
        if path == key or (key.endswith("/") and path.startswith(key)):
            out.update(value if isinstance(value, dict) else dict.fromkeys(value))
    return out


class Source:
    def __init__(self, path, text):
        self.path = path
        self.text = without_comments(text)
        self.found = []  # (pattern, line)
        self.strange = []  # (text, line)

    def line(self, at):
        return self.text.count("\n", 0, at) + 1

    def take(self, expression, at, template="@", seen=(), strict=True):
        patterns, odd = evaluate(expression)
        for pattern in patterns:
            self.found.append((template.replace("@", normal(pattern)), self.line(at)))
        for part in odd:
            name = re.fullmatch(r"(?:std::move\()?\(?(?:std::string\{)?(\w+)[)}]*", part)
            if name and name.group(1) not in seen and self.take_assigned(name.group(1), template, seen):
                continue
            if strict and not PASSED_ON.search(part):
                self.strange.append((" ".join(part.split()), self.line(at)))

    def take_assigned(self, name, template, seen):
        any_found = False
        for match in re.finditer(rf"\b{name} = (?!=)", self.text):
            value = split_top(self.text[match.end() : match.end() + 2000], ";")[0][0]
            self.take(value, match.end(), template, (*seen, name), strict=False)
            any_found = True
        return any_found

    def scan(self):
        wrappers, returns = lookup(WRAPPERS, self.path), lookup(RETURNS, self.path)
        inside_wrappers = self.bodies(wrappers)
        templated = self.bodies(n for n, places in wrappers.items() if any(isinstance(p, tuple) for p in places))
        for match in re.finditer(r"(?<![\w.>])fail\(|\{(?=\s*ErrorCode::)", self.text):
            inside = bracketed(self.text, match.end() - 1)
            given = arguments(inside[0]) if inside else []
            if len(given) < 2 or given[0] == "ErrorCode::Internal" or not self.is_code(given[0]):
                continue
            if any(begin <= match.start() < end for begin, end in templated):
                continue
            if given[1] != '""':
                # What is given to a wrapper is looked at where it is called.
                within = any(begin <= match.start() < end for begin, end in inside_wrappers)
                self.take(given[1], match.start(), strict=not within)
        for name, places in wrappers.items():
            for match in re.finditer(rf"(?<![\w:~]){name}\(", self.text):
                inside = bracketed(self.text, match.end() - 1)
                given = arguments(inside[0]) if inside else []
                for place in places:
                    index, template = place if isinstance(place, tuple) else (place, "@")
                    if index < len(given) and '"' in given[index]:
                        self.take(given[index], match.start(), template, strict=False)
        for begin, end in self.bodies(returns):
            for match in re.compile(r"\breturn\b").finditer(self.text, begin, end):
                value = split_top(self.text[match.end() : end], ";")[0][0]
                self.take(value, match.start(), strict=False)
        if self.path in TABLES:
            for match in TABLES[self.path].finditer(self.text):
                text = match.group(1)
                literal = plain_literal(text) if text.startswith('"') else text
                self.found.append((normal(literal), self.line(match.start())))
        return self

    @staticmethod
    def is_code(text):
        return "ErrorCode::" in text or bool(re.search(r"\bcode\b(\(\))?$", text))

    def bodies(self, names):
        """[(begin, end)] of the definitions of functions and lambdas of these names."""
        out = []
        for name in names:
            for match in re.finditer(rf"\b{name}(?: = \[[^\]]*\])?\(", self.text):
                given = bracketed(self.text, match.end() - 1)
                if not given:
                    continue
                after = re.compile(r"\s*(?:const\s*)?(?:noexcept\s*)?(?:->\s*[\w:<>]+\s*)?\{").match(self.text, given[1])
                body = bracketed(self.text, after.end() - 1) if after else None
                if body:
                    out.append((after.end() - 1, body[1]))
        return out


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            name = path.relative_to(root).as_posix()
            if not SKIPPED.search(name):
                yield Source(name, path.read_text(encoding="utf-8"))


def catalogue(root):
    """({normal pattern: where}, [mistakes])"""
    rows, mistakes = {}, []
    for path in sorted((root / "src/base").glob("messages*.def")):
        text = path.read_text(encoding="utf-8")
        for row in ROW.finditer(text):
            where = f"{path.relative_to(root).as_posix()}:{text.count(chr(10), 0, row.start()) + 1}"
            if row.group(0).startswith("//"):
                continue
            if not row.group(1):
                mistakes.append(f'{where}: expected CS_MESSAGE("English", "中文")')
                continue
            english, chinese = (unescape("".join(STRING.findall(part))) for part in row.groups())
            key = normal(english)
            if key in rows:
                mistakes.append(f"{where}: this message has a row already, {rows[key]}")
            rows[key] = where
            mistakes += [f"{where}: {wrong}" for wrong in wrong_in_row(english, chinese)]
    return rows, mistakes


def wrong_in_row(english, chinese):
    holes = re.findall(r"\{(\d*)[^{}]*\}", english.replace("{{", "").replace("}}", ""))
    used = re.findall(r"\{(\d*)\}", chinese.replace("{{", "").replace("}}", ""))
    if any(holes):
        yield "the English side numbers its placeholders; write {}"
    numbered = [int(item) for item in used if item]
    if numbered and len(numbered) != len(used):
        yield "the Chinese side mixes {} and {0}"
    if (sorted(set(numbered)) if numbered else list(range(len(used)))) != list(range(len(holes))):
        yield "the Chinese side does not use every placeholder of the English one"
    if not re.search(r"[\u3400-\u9fff]", chinese):
        yield "the Chinese side has no Chinese in it"


def is_for_people(pattern):
    """A single word is a name, and a pattern of placeholders alone has nothing to translate."""
    return " " in pattern and bool(WORD.search(pattern.replace("{}", "")))


def check(root):
    rows, mistakes = catalogue(root)
    used = set()
    for source in sources(root):
        source.scan()
        for pattern, line in source.found:
            if not is_for_people(pattern):
                continue
            pattern = pattern if pattern in rows else PREFIX.sub("", pattern)
            used.add(pattern)
            if pattern not in rows:
                mistakes.append(f"{source.path}:{line}: no row for \"{pattern}\" in src/base/messages*.def")
        for text, line in source.strange:
            mistakes.append(f"{source.path}:{line}: no message can be read from `{text}`; write a literal or name the "
                            f"function in WRAPPERS of tools/check_messages.py")
    mistakes += [f"{where}: nothing says \"{key}\"" for key, where in rows.items() if key not in used]
    return mistakes


GOOD = {
    "src/base/messages_a.def": """// rows
CS_MESSAGE("there is no account {}", "没有账号 {}")
CS_MESSAGE("\\"{}\\" is not {}", "{1} 不是“{0}”")
CS_MESSAGE("must be {{\\"id\\": …}}", "应为 {{\\"id\\": …}}")
CS_MESSAGE("the end came", "已结束")
CS_MESSAGE("the file {} is odd", "文件 {} 有误")
""",
    "src/services/a.cpp": """Status a(const std::string& name) {
    // return fail(ErrorCode::NotFound, "only a comment");
    std::string why = "the end " "came";
    if (name == "(") {
        return fail(ErrorCode::Internal, "nobody reads this");
    }
    list.push_back({ErrorCode::InvalidInput, "must be {\\"id\\": …}", "id"});
    return fail(
        ErrorCode::NotFound,
        bad ? fmt::format("there is no account {:.1f}", name)
            : fmt::format("\\"{}\\" is not {}", name, kind),
        "name"
    );
    return b() ? fail(ErrorCode::NotFound, why) : fail(ErrorCode::NotFound, b().error().context);
    return fail(ErrorCode::InvalidInput, "the file " + name + " is odd");
    return fail(ErrorCode::InvalidInput, fmt::format("{}: the end came", name));
}
""",
    "src/services/tests/a_test.cpp": 'auto x = fail(ErrorCode::NotFound, "tests say what they like");\n',
}

# what is put in place of what in which file, and what the check must then say
BROKEN = [
    ("src/services/a.cpp", '" is odd"', '" is strange"', 'src/services/a.cpp:15: no row for "the file {} is strange"'),
    ("src/services/a.cpp", '" is odd"', '" is strange"', 'messages_a.def:6: nothing says "the file {} is odd"'),
    ("src/services/a.cpp", "account {:.1f}", "post {}", 'a.cpp:8: no row for "there is no post {}"'),
    ("src/services/a.cpp", '"the end " "came"', '"the end is here"', 'no row for "the end is here"'),
    ("src/services/a.cpp", "b().error().context", "told(name)", "no message can be read from `told(name)`"),
    ("src/services/a.cpp", "must be {", "may be {", 'a.cpp:7: no row for "may be {'),
    ("src/base/messages_a.def", "没有账号 {}", "没有账号", "does not use every placeholder"),
    ("src/base/messages_a.def", "{1} 不是“{0}”", "{1} 不是“{}”", "mixes {} and {0}"),
    ("src/base/messages_a.def", "已结束", "over", "has no Chinese"),
    ("src/base/messages_a.def", "// rows", 'CS_MESSAGE("the end came", "完")', "has a row already"),
    ("src/base/messages_a.def", "// rows", 'CS_MESSAGE("the end",', "expected CS_MESSAGE"),
]


def self_test():
    def found_in(files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return check(root)

    failures = [f"good files: {text}" for text in found_in(GOOD)]
    for name, old, new, expected in BROKEN:
        if GOOD[name].count(old) != 1:
            failures.append(f"{name}: `{old}` must be there once")
            continue
        found = found_in({**GOOD, name: GOOD[name].replace(old, new)})
        if not any(expected in text for text in found):
            failures.append(f"{old} -> {new}: expected `{expected}`, found {found}")
    for text in failures:
        print(text)
    print(f"self test: {len(BROKEN) + 1} cases, {len(failures)} failures")
    return 1 if failures else 0


def main(args):
    if "--self-test" in args:
        return self_test()
    listing = "--list" in args
    args = [arg for arg in args if arg != "--list"]
    root = pathlib.Path(args[0] if args else ".")
    if listing:
        for source in sources(root):
            for pattern, line in source.scan().found:
                print(f"{source.path}:{line}\t{pattern}")
        return 0
    mistakes = check(root)
    for text in mistakes:
        print(text)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
