#!/usr/bin/env python3
"""Refuses symbols that pure code must not need.

Code below the adapters is given its clock, its random numbers and its I/O by ports; that is what lets the simulator
run it in virtual time. Includes cannot show this (a header of the standard library may be harmless), symbols can.

usage: check_symbols.py EXCEPTIONS LIBRARY.a... | --self-test
EXCEPTIONS is a file of rows `library : symbol prefix  # why`.
"""

import pathlib
import re
import subprocess
import sys

BANNED = [
    (r"std::chrono::.*(system|steady|high_resolution)_clock::now\(", "a clock"),
    (r"(clock_gettime|gettimeofday|time|times|ftime|localtime(_r)?|mktime)$", "a clock"),
    (r"std::random_device::", "random_device"),
    (r"(rand|srand|random|srandom|drand48|getrandom|getentropy)$", "unseeded random numbers"),
    (r"std::(jthread|thread)::", "threads"),
    (r"(pthread_create|nanosleep|clock_nanosleep|usleep|sleep|fork|system|popen)$", "threads or processes"),
    (r"(socket|connect|bind|listen|accept4?|recv(from|msg)?|send(to|msg)?|getaddrinfo)$", "sockets"),
    (r"(vtable for )?boost::(asio|beast)::", "Asio or Beast"),
    (r"std::(__cxx11::)?basic_(i|o)?f(stream|ilebuf)", "file streams"),
    (r"std::basic_filebuf|std::basic_[io]?fstream", "file streams"),
    (r"std::filesystem::(?!__cxx11::path|path)", "the file system"),
    (r"(fopen|open|openat|creat|stat|mkdir|unlink|rename)(64)?$", "files"),
    (r"(secure_)?getenv$", "environment variables"),
    (r"sqlite3_", "SQLite"),
    (r"PQ[a-z]", "PostgreSQL"),
]
PATTERNS = [(re.compile(pattern), what) for pattern, what in BANNED]


def symbol_name(line):
    """The demangled name in a line of `nm -C`, without its symbol version; None for other lines."""
    match = re.match(r"^(?:[0-9a-f]+)?\s+([A-Za-z])\s(.+)$", line)
    return match.group(2).split("@", 1)[0].strip() if match else None


def offence(name):
    for pattern, what in PATTERNS:
        if pattern.match(name):
            return what
    return None


def read_exceptions(text):
    exceptions = set()
    for line in text.splitlines():
        line, _, why = line.partition("#")
        if not line.strip():
            continue
        library, _, prefix = line.partition(" : ")
        if not prefix.strip() or not why.strip():
            sys.exit(f"exceptions: expected `library : symbol prefix  # why`, not: {line}")
        exceptions.add((library.strip(), prefix.strip()))
    return exceptions


def check(library, listing, exceptions, used):
    mistakes, member = set(), "?"
    for line in listing.splitlines():
        if line.endswith(":"):
            member = line[:-1]
            continue
        name = symbol_name(line)
        what = offence(name) if name else None
        if not what:
            continue
        excuses = {row for row in exceptions if row[0] == library and name.startswith(row[1])}
        used |= excuses
        if not excuses:
            mistakes.add(f"{library}: {member} needs {what}: {name}")
    return sorted(mistakes)


def library_name(path):
    return re.sub(r"^libchengshu_|\.a$", "", pathlib.Path(path).name)


def self_test():
    bad = [
        "                 U std::chrono::_V2::system_clock::now()@GLIBCXX_3.4.19",
        "                 U std::random_device::_M_getval()",
        "                 U std::thread::_M_start_thread(std::unique_ptr<std::thread::_State>, void (*)())",
        "                 U socket",
        "                 U getenv@GLIBC_2.2.5",
        "                 U sqlite3_step",
        "                 U PQexec",
        "                 U fopen64",
        "                 U std::basic_ifstream<char, std::char_traits<char> >::basic_ifstream()",
        "0000000000000000 W boost::asio::io_context::run()",
        "                 U std::filesystem::status(std::filesystem::__cxx11::path const&)",
    ]
    good = [
        "                 U std::condition_variable::wait(std::unique_lock<std::mutex>&)",
        "0000000000000000 T chengshu::cases::connect(int)",
        "                 U std::__cxx11::basic_ostringstream<char>::basic_ostringstream()",
        "                 U date::time_zone::get_info_impl(int) const",
        "                 U timegm_of_ours",
        "                 U std::filesystem::__cxx11::path::extension() const",
    ]
    for line in bad:
        assert check("x", "a.o:\n" + line, set(), set()), line
    for line in good:
        assert not check("x", "a.o:\n" + line, set(), set()), line
    used = set()
    exceptions = read_exceptions("x : getenv  # because\n")
    assert not check("x", bad[4], exceptions, used) and used == exceptions
    assert check("y", bad[4], exceptions, used)
    print(f"self-test: {len(bad)} symbols refused")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    exceptions = read_exceptions(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    mistakes, used = [], set()
    for path in sys.argv[2:]:
        listing = subprocess.run(["nm", "-C", path], check=True, capture_output=True, text=True).stdout
        mistakes += check(library_name(path), listing, exceptions, used)
    checked = {library_name(path) for path in sys.argv[2:]}
    for library, prefix in sorted(exceptions - used):
        if library in checked:
            mistakes.append(f"exceptions: `{library} : {prefix}` is no longer needed, remove it")
    print("\n".join(mistakes) if mistakes else f"{len(checked)} libraries are pure")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
