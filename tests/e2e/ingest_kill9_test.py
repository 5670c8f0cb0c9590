#!/usr/bin/env python3
"""kill -9 of the real server while gateways send at full rate: every acknowledged batch is there, once.

usage: ingest_kill9_test.py BINARY sqlite|postgres ROUNDS [SEED]
"""

import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time

import pg
from server import Server

WORKERS = 3
ROWS = 500
STREAMS = 20
SKIPPED = 77
ROOT = "/sensorthings/v1.1"


def request(port, token, method, path, body=None, headers=None, connection=None):
    """Status and body; an OSError or HTTPException means: nobody knows what became of it."""
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        own.request(method, path, body, {"Authorization": "Bearer " + token, **(headers or {})})
        got = own.getresponse()
        return got.status, got.read()
    finally:
        if connection is None:
            own.close()


def station(code, streams):
    return {
        "name": code, "description": "sends all the time", "properties": {"code": code},
        "Locations": [{"name": "here", "description": "here", "encodingType": "application/geo+json",
                       "location": {"type": "Point", "coordinates": [-76.61, 39.29]}}],
        "Datastreams": [{
            "name": f"d{number}", "description": "a counter",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "one", "symbol": "1", "definition": "ucum:1"},
            "Sensor": {"name": "s", "description": "s", "encodingType": "text/plain", "metadata": "s"},
            "ObservedProperty": {"name": "p", "definition": "https://example.org/p", "description": "p"},
        } for number in range(streams)]}


class Gateway:
    """Sends batches; what it has sent and what was acknowledged is known exactly."""

    def __init__(self, number):
        self.number = number
        self.sent = {}          # key -> body
        self.acknowledged = {}  # key -> first id
        self.problems = []

    def body(self, batch):
        rows = []
        for row in range(ROWS):
            value = (self.number * 1_000_000 + batch) * ROWS + row
            if self.number == 0:  # one of them speaks line protocol
                rows.append(f"m,code=K-1 d{row % STREAMS}={value} {1767225600000 + value % 1000000}")
            else:
                rows.append(json.dumps({"thing": "K-1", "datastream": f"d{row % STREAMS}", "result": value,
                                        "time": 1767225600000 + value % 1000000}))
        return "\n".join(rows)

    def send(self, port, token, key, connection=None):
        kind = "text/plain" if self.number == 0 else "application/x-ndjson"
        status, text = request(port, token, "POST", "/api/v1/observations?precision=ms", self.sent[key],
                               {"Content-Type": kind, "Idempotency-Key": key}, connection)
        if status in (503, 504):
            return False
        answer = json.loads(text)
        if status != 200 or answer["accepted"] != ROWS or answer["rejected"] != 0:
            self.problems.append(f"{key}: {status} {text[:300]}")
            return True
        before = self.acknowledged.setdefault(key, answer["first_id"])
        if before != answer["first_id"]:
            self.problems.append(f"{key} had the ids from {before} and now from {answer['first_id']}")
        return True

    def run(self, port, token):
        """Until the server dies."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            while not self.problems:
                key = f"g{self.number}-{len(self.sent)}"
                self.sent[key] = self.body(len(self.sent))
                while not self.send(port, token, key, connection):
                    time.sleep(0.01)  # as the server asks
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def repeat(self, port, token, chance):
        """What was not answered, and some of what was, once more."""
        for key in self.sent:
            if key not in self.acknowledged or chance.random() < 0.1:
                for _ in range(200):
                    if self.send(port, token, key):
                        break
                    time.sleep(0.1)
                else:
                    self.problems.append(f"{key} is never accepted")


def stored(port, token):
    """Every result that is stored, as a list."""
    results = []
    target = f"{ROOT}/Observations?$select=result&$resultFormat=dataArray&$top=1000&$orderby=id"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    while target:
        status, text = request(port, token, "GET", target.replace(" ", "%20"), None, None, connection)
        if status != 200:
            raise AssertionError(f"{target}: {status} {text[:500]}")
        page = json.loads(text)
        for part in page["value"]:
            results.extend(int(row[-1]) for row in part["dataArray"])
        target = page.get("@iot.nextLink", "")
        target = target[target.find(ROOT):] if target else ""
    connection.close()
    return results


def check(gateways, port, token):
    problems = [problem for gateway in gateways for problem in gateway.problems]
    expected = [value for gateway in gateways for batch in range(len(gateway.sent))
                for value in range((gateway.number * 1_000_000 + batch) * ROWS,
                                   (gateway.number * 1_000_000 + batch + 1) * ROWS)]
    found = stored(port, token)
    if sorted(found) != sorted(expected):
        missing, extra = set(expected) - set(found), set(found) - set(expected)
        problems.append(f"{len(expected)} rows were acknowledged, {len(found)} are stored: {len(missing)} missing "
                        f"({sorted(missing)[:5]}), {len(extra)} strange, {len(found) - len(set(found))} doubled")
    return problems, len(expected)


def main():
    binary, store, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    chance = random.Random(seed)
    postgres, settings = None, []
    if store == "postgres":
        if pg.programs() is None:
            print("no PostgreSQL server program is installed (package postgresql-15)")
            return 1 if os.environ.get("CHENGSHU_REQUIRE_POSTGRES") == "1" else SKIPPED
        postgres = pg.Postgres()
        settings = ["store.kind=postgres", "store.postgres=" + postgres.conninfo]
    with tempfile.TemporaryDirectory(prefix="chengshu-ingest9-") as folder:
        server = Server(binary, folder, settings)
        try:
            server.set_up()
            token = server.token("shift_leader")
            server.start()
            status, text = request(server.port, token, "POST", ROOT + "/Things", json.dumps(station("K-1", STREAMS)),
                                   {"Content-Type": "application/json"})
            assert status == 201, f"{status} {text[:500]}"
            gateways = [Gateway(number) for number in range(WORKERS)]
            for number in range(1, rounds + 1):
                threads = [threading.Thread(target=gateway.run, args=(server.port, token)) for gateway in gateways]
                for thread in threads:
                    thread.start()
                time.sleep(chance.uniform(0.3, 1.5))  # the moment is the point: nothing to wait for
                server.kill()
                for thread in threads:
                    thread.join()
                began = time.monotonic()
                server.start()
                up = time.monotonic() - began
                unknown = sum(len(gateway.sent) - len(gateway.acknowledged) for gateway in gateways)
                for gateway in gateways:
                    gateway.repeat(server.port, token, chance)
                problems, total = check(gateways, server.port, token)
                print(f"round {number}: {total} rows, {unknown} batches unanswered at the kill, "
                      f"up again after {up:.1f} s", flush=True)
                if problems:
                    print("\n".join(problems[:20]), f"\nseed {seed}\n{server.errors()}")
                    return 1
            server.stop()
            return 0
        finally:
            if server._process is not None:
                server.kill()
            if postgres:
                postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
