#!/usr/bin/env python3
"""kill -9 of the real server while readings above their limits pour in and terminals are made with readings in them:
in the end every episode that a rule demands has one case as source iot, and every terminal has all its readings or
does not exist.

usage: alarm_kill9_test.py BINARY sqlite|postgres ROUNDS [SEED]
"""

import http.client
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import pg
from ingest_kill9_test import ROOT, request, station
from server import SOURCE, Server, pages, wait_until

THINGS = 60
BATCHES = 60   # batches that are sent at least: by then every episode is over
INSIDE = 3  # readings in a terminal that is made with them
SKIPPED = 77
MINUTE = 60_000
BEGIN = 1767225600000

RULE = """alarms:
  - code: heat
    name: {zh: 过热, en: Heat}
    property: heat
    when: above
    limit: 100
    lasts: 10 min
    categories: [BAL311/request/bge-stlight-s-out]
    text: {en: "<{code}> is hot", zh: "<{code}> 过热"}
"""
OBSERVED = "code,name_zh,name_en,definition,unit,ucum,min,max\nheat,温度,Heat,https://example.org/heat,one,1,,\n"


def make_city(folder):
    """Baltimore with an alarm rule."""
    city = pathlib.Path(folder) / "cities" / "baltimore"
    shutil.copytree(SOURCE / "cities" / "baltimore", city, ignore=shutil.ignore_patterns("data"))
    (city / "replay.yaml").unlink()
    (city / "alarms.yaml").write_text(RULE, encoding="utf-8")
    (city / "observed.csv").write_text(OBSERVED, encoding="utf-8")
    os.symlink(SOURCE / "scenarios", pathlib.Path(folder) / "scenarios")
    return str(city)


def terminal(code, number, area):
    """Far enough from the others for a case of its own."""
    made = station(code, 1)
    made["properties"]["area"] = area
    made["Locations"][0]["location"]["coordinates"] = [-76.61 + number * 0.002, 39.29]
    made["Datastreams"][0]["ObservedProperty"] = {
        "name": "heat", "definition": "https://example.org/heat", "description": "heat", "properties": {"code": "heat"}}
    return made


class Sender(threading.Thread):
    """Does one thing after the other, each until it is answered; ends when the server is gone."""

    def __init__(self, port, token, gateway):
        super().__init__()
        self.port, self.token, self.gateway = port, token, gateway

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            while not self.gateway.problems:
                if not self.gateway.send(self.port, self.token, connection):
                    time.sleep(0.01)  # as the server asks
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


class Meter:
    """One batch of readings a minute of all the things; each has its hour of heat."""

    def __init__(self, chance):
        self.batch = 0
        self.problems = []
        self.begins = [chance.randrange(2, 20) for _ in range(THINGS)]
        # Less than eleven readings in a row are no ten minutes.
        self.lasts = [chance.choice([9, 10, 11, 12, 40]) for _ in range(THINGS)]

    def demanded(self):
        """Codes of the things that must have a case by now."""
        return {f"H-{number}" for number in range(THINGS)
                if self.lasts[number] >= 11 and self.batch > self.begins[number] + 10}

    def send(self, port, token, connection=None):
        rows = []
        for number in range(THINGS):
            hot = 0 <= self.batch - self.begins[number] < self.lasts[number]
            rows.append(json.dumps({"thing": f"H-{number}", "datastream": "d0", "result": 150 if hot else 20,
                                    "time": BEGIN + self.batch * MINUTE}))
        status, text = request(port, token, "POST", "/api/v1/observations", "\n".join(rows),
                               {"Content-Type": "application/x-ndjson", "Idempotency-Key": f"m{self.batch}"}, connection)
        if status in (503, 504):
            return False
        if status != 200 or json.loads(text)["accepted"] != THINGS:
            self.problems.append(f"batch {self.batch}: {status} {text[:300]}")
            return True
        self.batch += 1
        return True

    def heat_one_more(self, port, token, code):
        """What is looked at last."""
        rows = [json.dumps({"thing": code, "datastream": "d0", "result": 150, "time": BEGIN + minute * MINUTE})
                for minute in range(11)]
        status, text = request(port, token, "POST", "/api/v1/observations", "\n".join(rows),
                               {"Content-Type": "application/x-ndjson"})
        assert status == 200, f"{status} {text[:300]}"


class Builder:
    """Makes terminals with readings in them: every other one with a key, and again until it is answered."""

    def __init__(self, area):
        self.number = 0
        self.area = area
        self.problems = []
        self.acknowledged = set()

    def send(self, port, token, connection=None):
        code = f"B-{self.number}"
        body = terminal(code, 0, self.area)
        body["Datastreams"][0]["Observations"] = [
            {"phenomenonTime": "2026-01-01T00:00:00Z", "result": value} for value in range(INSIDE)]
        headers = {"Content-Type": "application/json"}
        keyed = self.number % 2 == 0
        if keyed:
            headers["Idempotency-Key"] = code
        else:
            self.number += 1  # without a key it is not tried again
        status, text = request(port, token, "POST", ROOT + "/Things", json.dumps(body), headers, connection)
        if status == 201:
            self.acknowledged.add(code)
            self.number += 1 if keyed else 0
        elif status not in (503, 504):
            self.problems.append(f"{code}: {status} {text[:300]}")
        return True


def check_built(builder, port, token):
    target = f"{ROOT}/Things?$filter=startswith(name,%27B-%27)&$top=1000&$expand=Datastreams($expand=Observations($count=true))"
    found, problems = {}, []
    while target:
        status, text = request(port, token, "GET", target)
        if status != 200:
            raise AssertionError(f"{target}: {status} {text[:500]}")
        page = json.loads(text)
        for thing in page["value"]:
            results = sorted(row["result"] for stream in thing["Datastreams"] for row in stream["Observations"])
            found[thing["name"]] = found.get(thing["name"], 0) + 1
            if results != list(range(INSIDE)):
                problems.append(f"{thing['name']} has the readings {results}")
        target = page.get("@iot.nextLink", "")
        target = target[target.find(ROOT):].replace(" ", "%20") if target else ""
    problems += [f"{code} is there {count} times" for code, count in found.items() if count != 1]
    problems += [f"{code} was acknowledged and is gone" for code in builder.acknowledged - found.keys()]
    return problems, len(found)


def codes_of(client):
    """The things of all cases with source iot, as often as they have one."""
    out = []
    for case in pages(client, "/cases?source=iot"):
        text = json.dumps(case, ensure_ascii=False)
        out.append(text[text.index("<") + 1:text.index(">")])
    return out


def check_cases(meter, server, token, sentinel):
    client = server.client(token)
    meter.heat_one_more(server.port, token, sentinel)
    wait_until(lambda: sentinel in codes_of(client), 60, "the last alarm opens a case")
    found = [code for code in codes_of(client) if code.startswith("H-")]
    client.close()
    demanded = meter.demanded()
    problems = [f"{code} has no case" for code in demanded - set(found)]
    problems += [f"{code} has {found.count(code)} cases" for code in set(found) if found.count(code) != 1]
    problems += [f"nothing demands the case of {code}" for code in set(found) - demanded]
    return problems, len(found)


def rounds_of(server, rounds, chance, token, area):
    meter, builder = Meter(chance), Builder(area)
    for number in range(THINGS + rounds):
        code = f"H-{number}" if number < THINGS else f"Z-{number - THINGS}"
        status, text = request(server.port, token, "POST", ROOT + "/Things", json.dumps(terminal(code, number, area)),
                               {"Content-Type": "application/json"})
        assert status == 201, f"{status} {text[:500]}"
    for number in range(rounds):
        senders = [Sender(server.port, token, gateway) for gateway in (meter, builder)]
        for sender in senders:
            sender.start()
        for _ in range(4):
            time.sleep(chance.uniform(0.1, 0.8))  # the moment is the point: nothing to wait for
            server.kill()
            for sender in senders:
                sender.join()
            server.start()
            senders = [Sender(server.port, token, gateway) for gateway in (meter, builder)]
            for sender in senders:
                sender.start()
        time.sleep(chance.uniform(0.1, 0.8))
        server.kill()
        for sender in senders:
            sender.join()
        server.start()
        while not meter.problems and meter.batch < (number + 1) * BATCHES // rounds:
            if not meter.send(server.port, token):
                time.sleep(0.1)  # as the server asks
        builder.send(server.port, token)
        problems = meter.problems + builder.problems
        wrong, cases = check_cases(meter, server, token, f"Z-{number}")
        torn, built = check_built(builder, server.port, token)
        print(f"round {number + 1}: {meter.batch * THINGS} readings, {cases} cases, {built} terminals with readings",
              flush=True)
        problems += wrong + torn
        if problems:
            return problems
    return [] if meter.demanded() else ["no alarm was demanded at all"]


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
    with tempfile.TemporaryDirectory(prefix="chengshu-alarm9-") as folder:
        city = make_city(folder)
        area = (SOURCE / "cities" / "baltimore" / "areas.csv").read_text().splitlines()[-1].split(",")[0]
        server = Server(binary, folder, settings, city)
        try:
            server.set_up()
            token = server.token("shift_leader")
            server.start()
            problems = rounds_of(server, rounds, random.Random(seed), token, area)
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
