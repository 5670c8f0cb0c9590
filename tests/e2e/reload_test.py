#!/usr/bin/env python3
"""A formula, a threshold, a page, a rule and a table come into force by editing the city's folder, and accounts change, while
the server runs.

usage: reload_test.py BINARY sqlite|postgres
"""

import collections
import csv
import datetime
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
LAST_DAY = datetime.date(2017, 12, 31)  # of the history
DAYS = 14
PAGES = f"""pages:
  - code: fortnight
    name: {{zh: 两周, en: Fortnight}}
    source: test
    indicators: [reported, backlog]
    period: day
    periods: {DAYS}
"""
FIGURES = """  - code: people
    name: {en: Residents}
    period: days
    source: test
    table: {of: people, column: people, as: sum}
  - code: each
    name: {en: Reports per 10000}
    period: days
    source: test
    formula: 10000 * reported / people
"""
TABLES = """tables:
  - code: people
    name: {en: Residents}
    source: test
    updated: 2026-01-01
    public: true
    file: table-people.csv
    key: [area]
    columns:
      - {code: area, name: {en: Area}, type: area}
      - {code: people, name: {en: People}, type: number}
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
    (city / "data").mkdir()
    os.symlink(SOURCE / "scenarios", pathlib.Path(folder) / "scenarios")
    return city


def history(city):
    """Real requests of the last days of 2017, to be replayed; gives how many were reported on each day."""
    days = [LAST_DAY - datetime.timedelta(days=back) for back in reversed(range(DAYS))]
    counts = collections.Counter()
    with open(SOURCE / "cities" / "baltimore" / "data" / "requests.csv", encoding="utf-8", newline="") as table, \
            open(city / "data" / "requests.csv", "w", encoding="utf-8", newline="") as out:
        rows = csv.DictReader(table)
        kept = csv.DictWriter(out, rows.fieldnames)
        kept.writeheader()
        for row in rows:
            day = datetime.datetime.strptime(row["CreatedDate"], "%m/%d/%Y %I:%M:%S %p").date()
            if day in days:
                kept.writerow(row)
                counts[day] += 1
    return [counts[day] for day in days]


def check_page(client, server, city, reported):
    """A page comes into force and shows at once what was before it; a mistake changes nothing."""
    wish = f"/feed?page=fortnight&at={LAST_DAY}T17:00:00Z"

    def listed():
        return [page["code"] for page in client.call("GET", "/pages").json()["items"]]

    known = listed()
    assert "requests_today" in known and "fortnight" not in known, known
    assert client.call("GET", wish).status == 422

    (city / "indicators.yaml").write_text(INDICATORS + PAGES.replace("backlog", "backlogs"), encoding="utf-8")
    out = server.run("city", "load", str(city), check=False)
    assert "indicators.yaml:13:" in out and "did you mean 'backlog'?" in out, out
    assert client.call("GET", wish).status == 422
    assert listed() == known, "a folder with a mistake changes nothing"

    (city / "indicators.yaml").write_text(INDICATORS + PAGES, encoding="utf-8")
    server.run("city", "load", str(city))
    assert sorted(listed()) == sorted([*known, "fortnight"]), listed()
    seen = client.call("GET", wish)
    assert seen.status == 200, seen.body
    cells = seen.json()["cells"]
    assert len(cells) == 2 * DAYS, cells
    assert [cell["value"] for cell in cells[:DAYS]] == reported, "each day as it was long before the page"
    for cell, count in zip(cells[DAYS:], reported):
        assert ("value" in cell) == (count > 0), cell
    # What the reader says counts before what the page says.
    assert len(client.call("GET", wish + "&indicators=reported&periods=3").json()["cells"]) == 3


def check_accounts(server):
    """What an operator says of an account counts at once, and a mistake is told."""
    later = server.client(server.token("shift_leader"))
    assert later.call("GET", "/me").status == 200
    server.run("account", "disable", "shift_leader")
    assert later.call("GET", "/me").status == 401
    server.run("account", "enable", "shift_leader")
    assert later.call("GET", "/me").status == 200
    refused = server.refusal("account", "disable", "nobody")
    assert "not_found" in refused and "there is no account nobody" in refused, refused
    for length in (201, 20_000):
        refused = server.refusal("account", "token", "shift_leader", "--label", "x" * length)
        assert "bytes" in refused and ("invalid_input" in refused or "too_large" in refused), refused


def check(server, city):
    server.set_up()
    reported = history(city)
    server.run("replay", str(city))
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

    check_page(client, server, city, reported)

    # A table comes into force likewise, and its figures follow a row that is mended.
    (city / "tables.yaml").write_text(TABLES, encoding="utf-8")
    (city / "table-people.csv").write_text("area,people\nBAL,3000\n", encoding="utf-8")
    (city / "indicators.yaml").write_text(INDICATORS + FIGURES, encoding="utf-8")
    server.run("city", "load", str(city))
    page = "/feed?indicators=each&period=day"
    assert client.call("GET", page).json()["cells"][-1]["value"] == 10, "three of 3,000"
    (city / "table-people.csv").write_text("area,people\nBAL,3k\n", encoding="utf-8")
    out = server.run("city", "load", str(city), check=False)
    assert "table-people.csv:2:5" in out and "3k" in out, out
    (city / "table-people.csv").write_text("area,people\nBAL,6000\n", encoding="utf-8")
    server.run("city", "load", str(city))
    assert client.call("GET", page).json()["cells"][-1]["value"] == 5
    rows = client.call("GET", "/feed/value?indicator=people&period=day").json()["table"]
    assert [row["values"]["people"] for row in rows["items"]] == [6000], rows
    assert client.call("GET", "/tables/people/rows").json()["items"] == rows["items"]

    page = "/feed?indicators=backlog&period=day&periods=3"
    out = server.run("city", "load", str(city))
    assert "The same as the revision" in out, out
    check_accounts(server)
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
