#!/usr/bin/env python3
"""kill -9 of the real server while readings cross the levels of a warning rule: in the end every place whose values
demand it has one alert of the right level, the alert one case and one response of the right grade, and each task of
the response one case.

usage: alert_kill9_test.py BINARY sqlite|postgres ROUNDS [SEED]
"""

import collections
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

import pg
from alarm_kill9_test import OBSERVED, SKIPPED, Sender, terminal
from ingest_kill9_test import ROOT, request
from server import SOURCE, Server, pages

THINGS = 40
BATCHES = 30  # that are sent at least
CALM, WARM, HOT = 20, 70, 1_000_000  # one hot reading lifts any mean of the test above the limit

GRADES = {"blue": "IV", "red": "I"}
TASKS = {"blue": 1, "red": 2}

INDICATORS = """indicators:
  - {code: heat_hour, name: {zh: 热, en: Heat}, period: hour, areas: max, source: test,
     observed: {property: heat, thing_type: oven}}
  - {code: heat_day, name: {zh: 日热, en: Heat of the day}, period: day, areas: max, source: test,
     roll: {of: heat_hour, as: max}}
"""
RULES = """rules:
  - code: heat
    name: {zh: 热, en: Heat}
    source: test
    every: day
    running: true
    at: {things: oven}
    values: {heat: heat_day}
    levels: {blue: heat > 50, red: heat > 100}
    case: {categories: [BAL311/request/bge-stlight-s-out]}
    text: {zh: "<{place}>", en: "<{place}>"}
"""
PLANS = """plans:
  - code: cool
    name: {zh: 降温, en: Cool}
    source: test
    rules: [heat]
    case_source: other
    grades:
      - {grade: IV, alert: blue, automatic: true, confirmed_by: [shift_leader]}
      - {grade: I, alert: red, automatic: true, confirmed_by: [shift_leader]}
    tasks:
      - {code: look, name: {zh: 看, en: Look}, from: IV, department: bge, text: {zh: 看, en: Look},
         categories: [BAL311/request/bge-stlight-pole-installation]}
      - {code: cool, name: {zh: 降, en: Cool}, from: I, department: bge, text: {zh: 降, en: Cool},
         categories: [BAL311/request/bclb-liquor-license-complaint]}
"""


def make_city(folder):
    """Baltimore with a rule and a plan."""
    city = pathlib.Path(folder) / "cities" / "baltimore"
    shutil.copytree(SOURCE / "cities" / "baltimore", city, ignore=shutil.ignore_patterns("data"))
    (city / "replay.yaml").unlink()
    for name, text in (("observed.csv", OBSERVED), ("indicators.yaml", INDICATORS), ("rules.yaml", RULES),
                       ("plans.yaml", PLANS)):
        (city / name).write_text(text, encoding="utf-8")
    os.symlink(SOURCE / "scenarios", pathlib.Path(folder) / "scenarios")
    return str(city)


class Ovens:
    """One batch of readings of all the things; some are warm from a batch on, some hot from a later one."""

    def __init__(self, chance):
        self.batch = 0
        self.problems = []
        self.body = None  # of the batch that is being sent
        self.warm = [chance.choice([0, 5, 12, 25, None]) for _ in range(THINGS)]
        self.hot = [chance.choice([3, 9, 20, 28, None]) for _ in range(THINGS)]

    def value(self, number):
        hot, warm = self.hot[number], self.warm[number]
        return HOT if hot == self.batch else WARM if warm is not None and warm <= self.batch else CALM

    def demanded(self):
        """Level of each thing that must have an alert by now."""
        out = {}
        for number in range(THINGS):
            hot, warm = self.hot[number], self.warm[number]
            if hot is not None and hot < self.batch:
                out[f"O-{number}"] = "red"
            elif warm == 0 and self.batch > 0:
                out[f"O-{number}"] = "blue"
        return out

    def tolerated(self):
        """Things that become warm later: their mean may be above the limit or not."""
        return {f"O-{number}" for number in range(THINGS) if self.warm[number] not in (None, 0)}

    def send(self, port, token, connection=None):
        now = int(time.time() * 1000)
        rows = [json.dumps({"thing": f"O-{number}", "datastream": "d0", "result": self.value(number), "time": now})
                for number in range(THINGS)]
        # Again with the same times: it is the same request.
        self.body = self.body or "\n".join(rows)
        status, text = request(port, token, "POST", "/api/v1/observations", self.body,
                               {"Content-Type": "application/x-ndjson", "Idempotency-Key": f"o{self.batch}"}, connection)
        if status in (503, 504):
            return False
        self.body = None
        if status != 200 or json.loads(text)["accepted"] != THINGS:
            self.problems.append(f"batch {self.batch}: {status} {text[:300]}")
            return True
        self.batch += 1
        return True


def named(items):
    """By the thing that the text names."""
    out = collections.defaultdict(list)
    for item in items:
        text = json.dumps(item, ensure_ascii=False)
        out[text[text.index("<") + 1:text.index(">")]].append(item)
    return out


def found_by(client):
    alerts = named(list(pages(client, "/alerts?open=true")) + list(pages(client, "/alerts?open=false")))
    responses = collections.defaultdict(list)
    for kind in ("true", "false"):
        for response in pages(client, f"/responses?open={kind}"):
            responses[response["alert"]].append(response)
    return alerts, responses


def cases_of(responses):
    return [task["case_id"] for response in responses for task in response["tasks"].values() if task.get("case_id")]


def problems_now(ovens, client):
    alerts, responses = found_by(client)
    demanded, problems = ovens.demanded(), []
    problems += [f"nothing demands the alert of {code}" for code in alerts.keys() - demanded.keys() - ovens.tolerated()]
    problems += [f"{code} has no alert" for code in demanded.keys() - alerts.keys()]
    wanted = {"iot": [], "other": []}
    for code, several in alerts.items():
        if len(several) != 1 or several[0]["level"] != demanded.get(code, several[0]["level"]):
            problems.append(f"{code} has the alerts {[alert['level'] for alert in several]}")
        for alert in several:
            mine = responses.pop(alert["id"], [])
            if len(mine) != 1 or mine[0]["grade"] != GRADES[alert["level"]]:
                problems.append(f"alert {alert['id']} has the responses {[one['grade'] for one in mine]}")
            if len(cases_of(mine)) != TASKS[alert["level"]]:
                problems.append(f"alert {alert['id']} has {len(cases_of(mine))} cases of tasks")
            wanted["iot"].append(alert["case_id"])
            wanted["other"] += cases_of(mine)
    problems += [f"the response to {cause} has no alert" for cause in responses]
    for source, ids in wanted.items():
        found = sorted(case["id"] for case in pages(client, f"/cases?source={source}"))
        if found != sorted(ids):
            problems.append(f"cases of {source}: {len(found)} are there, {len(ids)} are wanted")
    return problems, len(alerts)


def check(ovens, server, token):
    client = server.client(token)
    end = time.monotonic() + 60
    while True:
        problems, alerts = problems_now(ovens, client)
        if not problems or time.monotonic() > end:
            client.close()
            return problems, alerts
        time.sleep(0.2)  # what has been sent last is still being looked at


def rounds_of(server, rounds, chance, token, area):
    ovens = Ovens(chance)
    for number in range(THINGS):
        made = terminal(f"O-{number}", number, area)
        made["properties"]["type"] = "oven"
        status, text = request(server.port, token, "POST", ROOT + "/Things", json.dumps(made),
                               {"Content-Type": "application/json"})
        assert status == 201, f"{status} {text[:500]}"
    for number in range(rounds):
        for _ in range(5):
            sender = Sender(server.port, token, ovens)
            sender.start()
            time.sleep(chance.uniform(0.1, 0.9))  # the moment is the point: nothing to wait for
            server.kill()
            sender.join()
            server.start()
        while not ovens.problems and ovens.batch < (number + 1) * BATCHES // rounds:
            if not ovens.send(server.port, token):
                time.sleep(0.1)  # as the server asks
        problems, alerts = check(ovens, server, token)
        print(f"round {number + 1}: {ovens.batch * THINGS} readings, {alerts} alerts", flush=True)
        if ovens.problems or problems:
            return ovens.problems + problems
    return [] if ovens.demanded() else ["no alert was demanded at all"]


def main():
    binary, store, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    postgres, settings = None, []
    if store == "postgres":
        if pg.programs() is None:
            print("no PostgreSQL server program is installed (package postgresql-15)")
            return 1 if os.environ.get("CHENGSHU_REQUIRE_POSTGRES") == "1" else SKIPPED
        postgres = pg.Postgres()
        settings = ["store.kind=postgres", "store.postgres=" + postgres.conninfo]
    with tempfile.TemporaryDirectory(prefix="chengshu-alert9-") as folder:
        city = make_city(folder)
        area = (SOURCE / "cities" / "baltimore" / "areas.csv").read_text().splitlines()[-1].split(",")[0]
        server = Server(binary, folder, settings, city)
        try:
            server.set_up()
            token = server.token("shift_leader")
            server.start()
            problems = rounds_of(server, rounds, random.Random(seed), token, area)
            if not problems:
                server.stop()
                server.run("verify")
                return 0
            print("\n".join(problems[:20]), f"\nseed {seed}\n{server.errors()}")
            return 1
        finally:
            if server._process is not None:
                server.kill()
            if postgres:
                postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
