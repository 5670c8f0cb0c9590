#!/usr/bin/env python3
"""A formula, a threshold and a rule come into force by editing the city's folder, while the server runs.

usage: reload_test.py BINARY sqlite|postgres
"""

import os
import pathlib
import shutil
import sys
import tempfile

import pg
from server import SOURCE, Server, wait_until

SKIPPED = 77
INDICATORS = """indicators:
  - code: backlog
    name: {zh: 未结案占比, en: Share not closed}
    unit: "%"
    period: days
    source: test
    thresholds: [{colour: orange, above: 50}]
    formula: 100 * (reported - closed) / reported
"""
RULES = """rules:
  - code: backlog
    name: {zh: 积压, en: Backlog}
    source: test
    every: day
    running: true
    at: city
    thresholds_of: backlog
    text: {zh: "{place}", en: "{place}"}
"""


def make_city(folder):
    city = pathlib.Path(folder) / "cities" / "baltimore"
    shutil.copytree(SOURCE / "cities" / "baltimore", city, ignore=shutil.ignore_patterns("data"))
    (city / "replay.yaml").unlink()
    os.symlink(SOURCE / "scenarios", pathlib.Path(folder) / "scenarios")
    return city


def check(server, city):
    server.set_up()
    token = server.token("shift_leader")
    server.start()
    client = server.client(token)
    for number in range(3):
        reply = client.call("POST", "/reports", {
            "source": "public", "category": "BAL311/request/bge-stlight-s-out", "area": "BAL",
            "description": f"dark {number}", "external_id": f"r{number}"}, key=f"k{number}")
        assert reply.status == 201, reply.body
    page = "/feed?indicators=backlog&period=day&periods=3"
    assert client.call("GET", page).status == 422

    # A folder with mistakes is pointed at and changes nothing.
    (city / "indicators.yaml").write_text(INDICATORS.replace("reported", "reportd"), encoding="utf-8")
    out = server.run("city", "load", str(city), check=False)
    assert "indicators.yaml:8:" in out and "reportd" in out, out
    assert client.call("GET", page).status == 422

    (city / "indicators.yaml").write_text(INDICATORS, encoding="utf-8")
    (city / "rules.yaml").write_text(RULES, encoding="utf-8")
    out = server.run("city", "load", str(city))
    assert "Loaded revision 000002" in out and "running server" in out, out
    seen = client.call("GET", page)
    assert seen.status == 200, seen.body
    cells = seen.json()["cells"]
    assert len(cells) == 3, cells
    assert cells[-1]["value"] == 100 and cells[-1]["colour"] == "orange", "what was reported before counts"

    def alerts():
        return client.call("GET", "/alerts?rule=backlog").json()["items"]

    wait_until(lambda: len(alerts()) == 1, 60, "the rule sees what is already so")
    assert alerts()[0]["level"] == "orange", alerts()

    out = server.run("city", "load", str(city))
    assert "The same as the revision" in out, out
    server.kill()
    server.start()
    client = server.client(token)
    assert client.call("GET", page).json()["cells"][-1]["value"] == 100
    assert len(alerts()) == 1, alerts()
    server.stop()


def main():
    binary, store = sys.argv[1:3]
    settings, postgres = [], None
    if store == "postgres":
        if pg.programs() is None:
            print("PostgreSQL is not installed")
            return 1 if os.environ.get("CHENGSHU_REQUIRE_POSTGRES") == "1" else SKIPPED
        postgres = pg.Postgres()
        settings = ["store.kind=postgres", f"store.postgres={postgres.conninfo}"]
    with tempfile.TemporaryDirectory(prefix="chengshu-reload-") as folder:
        city = make_city(folder)
        server = Server(binary, folder, settings, str(city))
        try:
            check(server, city)
            return 0
        except BaseException:
            print(server.errors())
            raise
        finally:
            server.stop()
            if postgres is not None:
                postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
