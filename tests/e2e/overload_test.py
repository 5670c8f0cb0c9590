#!/usr/bin/env python3
"""Twice what the server can do, sent at fixed times whether or not it answers: every reply is a success or 429/503
with Retry-After, memory stays bounded, nothing accepted is lost, and five seconds later all is as before.

usage: overload_test.py BINARY
"""

import collections
import http.client
import statistics
import sys
import tempfile
import threading
import time

from server import Server, pages, wait_until

QUEUE = 32
CONNECTIONS = 96  # more at once than the writer's queue holds
SECONDS = 4
GROWTH_MAX = 300 * 1024 * 1024
RECOVERY = 5


class Burst:
    def __init__(self, server, token):
        self._server = server
        self._token = token
        self._lock = threading.Lock()
        self._next = 0
        self.statuses = collections.Counter()
        self.accepted = {}
        self.problems = []

    def _take(self, limit):
        with self._lock:
            if self._next >= limit:
                return None
            self._next += 1
            return self._next

    def _note(self, number, reply):
        with self._lock:
            self.statuses[reply.status] += 1
            if reply.status == 201:
                self.accepted[number] = reply.json()["case"]["id"]
            elif reply.status in (429, 503):
                if not reply.headers.get("Retry-After"):
                    self.problems.append(f"{reply.status} without Retry-After: {reply.body[:200]}")
            else:
                self.problems.append(f"report {number}: {reply.status} {reply.body[:200]}")

    def worker(self, begin, rate, limit):
        client = self._server.client(self._token)
        try:
            while (number := self._take(limit)) is not None:
                # Open loop: the time to send is given by the number, not by the last answer.
                time.sleep(max(0.0, begin + number / rate - time.monotonic()))
                self._note(number, client.call("POST", "/reports", report(number), f"burst-{number}"))
        except (OSError, http.client.HTTPException) as error:
            with self._lock:
                self.problems.append(f"connection: {error!r}")
        finally:
            client.close()

    def run(self, rate):
        begin = time.monotonic()
        limit = int(rate * SECONDS)
        threads = [threading.Thread(target=self.worker, args=(begin, rate, limit)) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        most = 0
        while any(thread.is_alive() for thread in threads):
            most = max(most, self._server.resident_bytes())
            time.sleep(0.05)
        return most


def report(number):
    return {"source": "public", "category": "BAL311/request/bge-stlight-s-out", "area": "BAL",
            "description": f"overload {number}", "external_id": f"o-{number}"}


def usual(server, token, name, count=30):
    """Median seconds of a write when nothing else happens, and how many a second two clients manage."""
    client = server.client(token)
    times = []
    for number in range(count):
        began = time.monotonic()
        reply = client.call("POST", "/reports", {**report(number), "external_id": f"{name}-{number}"}, f"{name}-{number}")
        if reply.status != 201:
            raise AssertionError(f"{reply.status} {reply.body[:300]}")
        times.append(time.monotonic() - began)
    client.close()
    return statistics.median(times)


def capacity(server, token):
    """Writes a second with eight clients that wait for their answers."""
    done = []
    end = time.monotonic() + 2

    def work(worker):
        client = server.client(token)
        number = 0
        while time.monotonic() < end:
            number += 1
            reply = client.call("POST", "/reports", {**report(0), "external_id": f"c-{worker}-{number}"}, f"c-{worker}-{number}")
            if reply.status == 201:
                done.append(1)
        client.close()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(done) / 2


def main():
    with tempfile.TemporaryDirectory(prefix="chengshu-overload-") as folder:
        server = Server(sys.argv[1], folder, [f"writer.queue={QUEUE}", "writer.batch=4"])
        try:
            server.set_up()
            token = server.token("shift_leader")
            server.start()
            before = usual(server, token, "before")
            rate = max(200.0, 2.5 * capacity(server, token))
            rest = server.resident_bytes()
            burst = Burst(server, token)
            most = burst.run(rate)
            ended = time.monotonic()
            problems = burst.problems
            wait_until(lambda: usual(server, token, f"after-{time.monotonic()}", 5) < max(3 * before, 0.1), RECOVERY, "usual latency")
            recovered = time.monotonic() - ended
            if burst.statuses[503] + burst.statuses[429] == 0:
                problems.append(f"nothing was refused: {rate:.0f}/s are no overload, {dict(burst.statuses)}")
            if most - rest > GROWTH_MAX:
                problems.append(f"memory grew from {rest} to {most} bytes")
            client = server.client(token)
            stored = {item["id"] for item in pages(client, "/cases")}
            lost = set(burst.accepted.values()) - stored
            if lost or len(set(burst.accepted.values())) != len(burst.accepted):
                problems.append(f"accepted and not there: {sorted(lost)[:10]}")
            client.close()
            server.stop()
            server.run("verify")
            print(f"{rate:.0f}/s for {SECONDS} s: {dict(burst.statuses)}, memory {rest >> 20} → {most >> 20} MiB, "
                  f"usual again after {recovered:.1f} s")
            print("\n".join(problems[:20]))
            return 1 if problems else 0
        finally:
            if server._process is not None:
                server.kill()


if __name__ == "__main__":
    sys.exit(main())
