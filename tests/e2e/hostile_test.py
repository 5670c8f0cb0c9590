#!/usr/bin/env python3
"""Clients that ask for too much, send without end or never read: each is bounded and told so, the server's memory stays
within its limits, and a well-behaved client beside them is served all the time.

usage: hostile_test.py BINARY
"""

import gzip
import http.client
import json
import socket
import sys
import tempfile
import threading
import time
import urllib.parse

from ingest_kill9_test import ROOT, request, station
from server import Server

ROWS = 100_000
STREAMS_OPEN = 1_100  # more live connections than the server keeps
SECONDS = 30          # that any answer may take on a busy machine, sanitized
GROWTH_MAX = 700 * 1024 * 1024
REPLY_MAX = 64 * 1024 * 1024


class GoodClient(threading.Thread):
    """Reads and writes one after the other; all of it must go well."""

    def __init__(self, port, token):
        super().__init__()
        self.port, self.token = port, token
        self.ended = threading.Event()
        self.served, self.slowest, self.problems = 0, 0.0, []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        while not self.ended.is_set() and not self.problems:
            for method, path, body, good in (("GET", ROOT + "/Things(1)", None, 200),
                                             ("POST", ROOT + "/Datastreams(2)/Observations", '{"result": 1}', 201)):
                begin = time.monotonic()
                try:
                    status, text = request(self.port, self.token, method, path, body,
                                           {"Content-Type": "application/json"}, connection)
                except (OSError, http.client.HTTPException) as error:
                    self.problems.append(f"the good client lost its connection: {error!r}")
                    return
                self.slowest = max(self.slowest, time.monotonic() - begin)
                self.served += 1
                if status != good:
                    self.problems.append(f"the good client got {status} {text[:300]}")
        connection.close()


def nested(count, inner):
    return "Datastreams($expand=Thing($expand=" * count + inner + "))" * count


def questions():
    """Name, address below the root, statuses that are fine."""
    text = urllib.parse.quote
    told = (400, 413, 414, 431, 503)
    or_chain = " or ".join(f"result eq {n}" for n in range(900))
    functions = "".join("concat(" for _ in range(300)) + "'a'" + "".join(",'b')" for _ in range(300))
    slow = " and ".join("substringof('aaaaaaaaaaaaaaab',result)" for _ in range(40))
    return [
        ("deep $expand", f"Things?$expand={nested(60, 'Locations')}", told),
        ("wide $expand", "Things?$expand=Datastreams($expand=Observations($top=1000000;$expand=FeatureOfInterest,"
                         "Datastream($expand=Thing($expand=Datastreams($expand=Observations)))))", (200, *told)),
        ("deep parentheses", "Things?$filter=" + "(" * 2_000 + "1%20eq%201" + ")" * 2_000, told),
        ("many nots", "Things?$filter=" + "not%20" * 2_000 + "true", told),
        ("a long or", "Observations?$filter=" + text(or_chain), (200, *told)),
        ("many functions", "Observations?$filter=" + text(f"{functions} eq 'x'"), (200, *told)),
        ("text search", "Datastreams(1)/Observations?$filter=" + text(slow), (200, *told)),
        ("text search, counted", "Datastreams(1)/Observations?$count=true&$top=0&$filter=" + text(slow), (200, *told)),
        ("a great $top", "Observations?$top=100000000", (200, 400)),
        ("a great $skip", "Observations?$skip=99999999999999", (200, 400)),
        ("a greater $skip", "Observations?$skip=9999999999999999999999999", told),
        ("many orders", "Observations?$orderby=" + ",".join(["result%20desc", "phenomenonTime"] * 200), told),
        ("order by text", "Datastreams(1)/Observations?$orderby=result%20desc,phenomenonTime&$top=10", (200, *told)),
        ("a long address", "Things?$filter=" + "a" * 100_000, told),
    ]


def ask_too_much(port, token):
    problems = []
    for name, target, fine in questions():
        begin = time.monotonic()
        try:
            status, body = request(port, token, "GET", f"{ROOT}/{target}")
        except (OSError, http.client.HTTPException) as error:
            problems.append(f"{name}: {error!r}")
            continue
        took = time.monotonic() - begin
        print(f"{name}: {status}, {len(body)} bytes, {took:.2f} s", flush=True)
        if status not in fine or took > SECONDS or len(body) > REPLY_MAX or (status >= 400 and len(body) < 20):
            problems.append(f"{name}: {status} after {took:.1f} s, {len(body)} bytes: {body[:300]}")
    return problems


def send_too_much(port, token):
    """Bodies that are too great in one way or another: refused at once."""
    part = "--b\r\nContent-Type: application/http\r\n\r\nGET Things HTTP/1.1\r\n\r\n\r\n"
    bomb = gzip.compress(b"\n" * (300 * 1024 * 1024), 9)
    bodies = [
        ("$batch of 5,000 parts", ROOT + "/$batch", part * 5_000 + "--b--\r\n",
         {"Content-Type": "multipart/mixed; boundary=b"}),
        ("$batch of 5,000 requests", ROOT + "/$batch",
         json.dumps({"requests": [{"id": str(n), "method": "get", "url": "Things"} for n in range(5_000)]}),
         {"Content-Type": "application/json"}),
        ("deep JSON", ROOT + "/Things", "[" * 200_000, {"Content-Type": "application/json"}),
        ("a deep insert without end", ROOT + "/Things",
         json.dumps({**station("X", 0), "Datastreams": [station("X", 1)["Datastreams"][0]] * 12_000}),
         {"Content-Type": "application/json"}),
        ("gzip bomb", "/api/v1/observations", bomb,
         {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}),
        ("gzip bomb at another door", ROOT + "/Things", bomb,
         {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
    ]
    problems = []
    for name, path, body, headers in bodies:
        begin = time.monotonic()
        status, text = request(port, token, "POST", path, body, headers)
        took = time.monotonic() - begin
        print(f"{name}: {status}, {took:.2f} s", flush=True)
        if status not in (400, 413, 415) or took > SECONDS:
            problems.append(f"{name}: {status} after {took:.1f} s: {text[:300]}")
    return problems


def head(method, path, token, *more):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", *more, "", ""]
    return "\r\n".join(lines).encode()


class EndlessBody(threading.Thread):
    """A byte now and then, and never the last."""

    def __init__(self, port, token):
        super().__init__()
        self.port, self.token, self.answer, self.lasted = port, token, b"", 0.0

    def run(self):
        begin = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(head("POST", "/api/v1/observations", self.token,
                                    "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"))
            while time.monotonic() - begin < 90:
                try:
                    connection.sendall(b"1\r\n{\r\n")
                    self.answer = connection.recv(4096)
                    break
                except socket.timeout:
                    continue
                except OSError:
                    break
        self.lasted = time.monotonic() - begin

    def problems(self):
        if self.lasted > 60 or b" 408 " not in self.answer.split(b"\r\n")[0]:
            return [f"an endless body: {self.lasted:.0f} s, {self.answer[:200]!r}"]
        return []


class SlowReader(threading.Thread):
    """Asks for much and takes nothing."""

    def __init__(self, port, token):
        super().__init__()
        self.port, self.token, self.cut = port, token, False

    def run(self):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(head("GET", ROOT + "/Observations?$top=1000", self.token) * 40)
        end = time.monotonic() + 90
        while time.monotonic() < end and not self.cut:
            time.sleep(1)  # not reading is the point
            error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            try:
                connection.send(b"\r\n")
            except OSError:
                error = 1
            self.cut = error != 0
        connection.close()


def open_many(port, token):
    """Live connections until the server keeps no more."""
    problems, kept, refused = [], [], None
    for number in range(STREAMS_OPEN):
        connection = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        connection.sendall(head("GET", "/api/v1/events", token, "Accept: text/event-stream"))
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = connection.recv(4096)
            if not more:
                break
            answer += more
        kept.append(connection)
        if b" 200 " not in answer.split(b"\r\n")[0]:
            refused = answer
            break
    print(f"{len(kept)} live connections, then {refused[:60] if refused else None}", flush=True)
    if refused is None or b" 503 " not in refused.split(b"\r\n")[0] or b"retry-after:" not in refused.lower():
        problems.append(f"{len(kept)} live connections, then {refused!r}")
    return kept, problems


def fill(port, token):
    for begin in range(0, ROWS, 20_000):
        lines = "\n".join(json.dumps({"stream": 1, "time": 1767225600000 + row, "result": "a" * 40})
                          for row in range(begin, begin + 20_000))
        status, text = request(port, token, "POST", "/api/v1/observations", lines,
                               {"Content-Type": "application/x-ndjson"})
        assert status == 200, f"{status} {text[:300]}"


def main():
    with tempfile.TemporaryDirectory(prefix="chengshu-hostile-") as folder:
        server = Server(sys.argv[1], folder)
        server.set_up()
        token = server.token("shift_leader")
        server.start()
        try:
            status, text = request(server.port, token, "POST", ROOT + "/Things", json.dumps(station("K-1", 2)),
                                   {"Content-Type": "application/json"})
            assert status == 201, f"{status} {text[:500]}"
            fill(server.port, token)
            before = server.resident_bytes()
            good = GoodClient(server.port, token)
            endless, slow = EndlessBody(server.port, token), SlowReader(server.port, token)
            for thread in (good, endless, slow):
                thread.start()
            problems = ask_too_much(server.port, token)
            problems += send_too_much(server.port, token)
            kept, refused = open_many(server.port, token)
            problems += refused
            status, text = request(server.port, token, "GET", ROOT + "/Things(1)")
            if status != 200:
                problems.append(f"beside the live connections: {status} {text[:300]}")
            for connection in kept:
                connection.close()
            endless.join()
            slow.join()
            good.ended.set()
            good.join()
            growth = server.resident_bytes() - before
            print(f"{good.served} good requests, the slowest {good.slowest:.2f} s; memory grew by "
                  f"{growth / 1024 / 1024:.0f} MiB; the endless body ended after {endless.lasted:.0f} s", flush=True)
            problems += good.problems + endless.problems()
            problems += [] if slow.cut else ["who does not read is never cut off"]
            problems += [] if good.slowest <= SECONDS else [f"the good client waited {good.slowest:.1f} s"]
            problems += [] if growth <= GROWTH_MAX else [f"memory grew by {growth} bytes"]
            if problems:
                print("\n".join(problems), "\n" + server.errors())
                return 1
            server.stop()
            return 0
        finally:
            if server._process is not None:
                server.kill()


if __name__ == "__main__":
    sys.exit(main())
