#!/usr/bin/env python3
"""kill -9 of the real server under load: every acknowledged write is there after the restart, exactly once.

usage: kill9_test.py BINARY sqlite|postgres ROUNDS [SEED]
"""

import collections
import http.client
import os
import random
import sys
import tempfile
import threading
import time

import pg
from server import Server, pages

WORKERS = 4
SKIPPED = 77


class Write:
    """One request; sent again with the same key until the server has said yes."""

    def __init__(self, path, body, key, tag):
        self.path = path
        self.body = body
        self.key = key
        self.tag = tag
        self.reply = None


class Load:
    def __init__(self, server, token, worker, seed):
        self._random = random.Random(f"{seed}/{worker}")
        self._server = server
        self._token = token
        self._worker = worker
        self._count = 0
        self.writes = []
        self.cases = []
        self.problems = []

    def _next(self):
        self._count += 1
        tag = f"w{self._worker}-{self._count}"
        if self.cases and self._random.random() < 0.6:
            case = self._random.choice(self.cases)
            return Write(f"/cases/{case}/transitions", {"action": "note", "reason": "note " + tag}, "key-" + tag, tag)
        body = {"source": "public", "category": "BAL311/request/bge-stlight-s-out", "area": "BAL",
                "description": "report " + tag, "external_id": "x-" + tag}
        return Write("/reports", body, "key-" + tag, tag)

    def send(self, client, write):
        reply = client.call("POST", write.path, write.body, write.key)
        if reply.status in (503, 504):
            return False
        if reply.status not in (200, 201):
            self.problems.append(f"{write.path} {write.tag}: {reply.status} {reply.body[:300]}")
            return True
        answer = reply.json()
        if write.reply is not None and write.path == "/reports" and write.reply["case"]["id"] != answer["case"]["id"]:
            self.problems.append(f"{write.tag} was case {write.reply['case']['id']} and is now {answer['case']['id']}")
        if write.reply is None and write.path == "/reports":
            self.cases.append(answer["case"]["id"])
        write.reply = answer
        return True

    def run(self):
        """Until the server dies."""
        client = self._server.client(self._token)
        try:
            while not self.problems:
                write = self._next()
                self.writes.append(write)
                self.send(client, write)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            client.close()

    def repeat(self, client):
        """What was not answered, and some of what was, once more."""
        for write in self.writes:
            if write.reply is None or self._random.random() < 0.1:
                for _ in range(100):
                    if self.send(client, write):
                        break
                    time.sleep(0.1)
                else:
                    self.problems.append(f"{write.tag} is never accepted")


def check(loads, client):
    """Nothing acknowledged is missing, nothing is there twice, nothing is there that nobody sent."""
    problems = [problem for load in loads for problem in load.problems]
    reports = [write for load in loads for write in load.writes if write.path == "/reports"]
    notes = collections.Counter(write.tag for load in loads for write in load.writes if write.path != "/reports")
    expected = {write.reply["case"]["id"] for write in reports}
    if len(expected) != len(reports):
        problems.append(f"{len(reports)} reports became {len(expected)} cases")
    stored = collections.Counter(item["id"] for item in pages(client, "/cases"))
    if set(stored) != expected or any(count != 1 for count in stored.values()):
        problems.append(f"cases lost: {sorted(expected - set(stored))[:5]}, not asked for: {sorted(set(stored) - expected)[:5]}")
    found = collections.Counter()
    for case in expected & set(stored):
        for entry in pages(client, f"/cases/{case}/timeline"):
            text = str(entry.get("reason", ""))
            if "note w" in text:
                found[text.split("note ")[1].split("'")[0].split('"')[0].split()[0]] += 1
    for tag in notes:
        if found[tag] != 1:
            problems.append(f"note {tag} is acknowledged and found {found[tag]} times")
    return problems


def main():
    binary, store, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    chance = random.Random(seed)
    postgres, settings = None, ["timers.interval=100ms"]
    if store == "postgres":
        if pg.programs() is None:
            print("no PostgreSQL server program is installed (package postgresql-15)")
            return 1 if os.environ.get("CHENGSHU_REQUIRE_POSTGRES") == "1" else SKIPPED
        postgres = pg.Postgres()
        settings += ["store.kind=postgres", "store.postgres=" + postgres.conninfo]
    with tempfile.TemporaryDirectory(prefix="chengshu-kill9-") as folder:
        server = Server(binary, folder, settings)
        try:
            server.set_up()
            token = server.token("shift_leader")
            loads = [Load(server, token, worker, seed) for worker in range(WORKERS)]
            server.start()
            for number in range(1, rounds + 1):
                threads = [threading.Thread(target=load.run) for load in loads]
                for thread in threads:
                    thread.start()
                time.sleep(chance.uniform(0.2, 1.2))  # the moment is the point: nothing to wait for
                server.kill()
                for thread in threads:
                    thread.join()
                began = time.monotonic()
                server.start()
                up = time.monotonic() - began
                unknown = sum(write.reply is None for load in loads for write in load.writes)
                client = server.client(token)
                for load in loads:
                    load.repeat(client)
                problems = check(loads, client)
                client.close()
                total = sum(len(load.writes) for load in loads)
                print(f"round {number}: {total} writes, {unknown} unanswered at the kill, up again after {up:.1f} s", flush=True)
                if problems:
                    print("\n".join(problems[:20]), f"\nseed {seed}\n{server.errors()}")
                    return 1
            server.stop()
            print(server.run("verify").strip().splitlines()[-1])
            return 0
        finally:
            if server._process is not None:
                server.kill()
            if postgres:
                postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
