"""Measures live indicators: alone, through the feed with stored cases and under load, and beside SQL."""

import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import threading
import time

CITY = "110000"
NINE = ["reported", "filed", "dispatched", "handled", "closed", "closed_on_time", "overdue_open", "unhandled_overdue",
        "reports"]
BITS = {"reported": 0, "filed": 11, "dispatched": 13, "handled": 17, "closed": 26, "closed_on_time": 27,
        "overdue_open": 25, "unhandled_overdue": 22, "reports": 7}
FILED = {"filed", "dispatched", "handled", "closed", "closed_on_time", "overdue_open", "unhandled_overdue"}
USERS = 150


def percentile(values, part):
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))] if ordered else float("nan")


class Follower(threading.Thread):
    """One subscriber of a page; notes when each change of the city's first figure arrived."""

    def __init__(self, port, path):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.path = path
        self.arrived = []  # (value, time)
        self.ready = threading.Event()

    def run(self):
        try:
            self.connection.request("GET", self.path, headers={"Accept": "text/event-stream"})
            answer = self.connection.getresponse()
            while True:
                line = answer.readline()
                if not line:
                    return
                if not line.startswith(b"data: "):
                    continue
                now = time.monotonic()
                for cell in json.loads(line[6:])["cells"]:
                    if cell["indicator"] == "reported" and cell["area"] == CITY:
                        self.arrived.append((cell.get("value", 0), now))
                self.ready.set()
        except (OSError, ValueError, http.client.HTTPException):
            pass

    def close(self):
        if self.connection.sock is not None:
            self.connection.sock.close()


def measure_alone(bench):
    quick = bench.options.quick
    out = bench.run(bench.build / "bench/chengshu-live", "--root", pathlib.Path(__file__).resolve().parent.parent,
                    "--areas", 1_000 if quick else 7_400, "--indicators", 400 if quick else 3_400)
    for line in out.splitlines():
        bench.record(**json.loads(line))


def page_of(at, more=""):
    return f"/api/v1/feed?indicators={','.join(NINE)}&areas={CITY}&parts=true&period=month&at={at}{more}"


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    begun = time.monotonic()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"GET {path}: {answer.status} {body[:300]!r}")
    return json.loads(body), time.monotonic() - begun


def pages_of_streets(port, at):
    """A page of nine for each of 150 streets and its communities."""
    city, _ = get(port, f"/api/v1/feed?indicators=reported&areas={CITY}&level=street&period=month&at={at}")
    streets = [cell["area"] for cell in city["cells"] if cell["area"] != CITY][:USERS]
    return [page_of(at).replace(f"areas={CITY}", f"areas={street}") for street in streets]


def measure_visits(bench, server, kind, cases, pages, what, background=None):
    seconds = 4 if bench.options.quick else 10
    out = json.loads(bench.run(bench.build / "bench/chengshu-load", "--port", server["port"], "-c", USERS, "-w", 1,
                               "-d", seconds, "get", *pages))
    if background is not None:
        background.join()
    bench.record(what=what, store=kind, cases=cases, users=USERS, pages=len(pages), visits_per_second=out["jobs_per_second"],
                 p50_ms=out["job_ms"]["p50"], p95_ms=out["job_ms"]["p95"], p99_ms=out["job_ms"]["p99"],
                 bad=out["jobs"]["bad"])


class Reports(threading.Thread):
    """The case loop at a rate, as in `lifecycles`, on a thread of its own."""

    def __init__(self, bench, server, tokens, seconds, rate):
        super().__init__(daemon=True)
        self.arguments = (server, tokens, seconds, 16, rate)
        self.bench = bench
        self.out = None
        self.start()

    def run(self):
        self.out = self.bench.load(*self.arguments)

    def join(self, timeout=None):
        super().join(timeout)
        # A measurement beside a load that has failed is none.
        if self.out is None or self.out["jobs"]["bad"] or not self.out["jobs"]["good"]:
            raise SystemExit(f"the case loop beside the measurement failed: {self.out}")
        return self.out


def measure_events(bench, server, kind, cases, tokens):
    """From the last moment at which a number was not there yet until it, or a later one, has reached each subscriber.

    An upper bound: asking takes its time, too."""
    followers = [Follower(server["port"], f"/api/v1/feed?indicators=reported&areas={CITY}&parts=true")
                 for _ in range(50)]
    for follower in followers:
        follower.start()
    for follower in followers:
        follower.ready.wait(30)
    seconds = 5 if bench.options.quick else 15
    load = Reports(bench, server, tokens, seconds, 300)
    sent = {}
    connection = http.client.HTTPConnection("127.0.0.1", server["port"], timeout=60)
    probe_path = f"/api/v1/feed?indicators=reported&areas={CITY}"
    end = time.monotonic() + seconds
    before = None
    while time.monotonic() < end:
        asked = time.monotonic()
        connection.request("GET", probe_path)
        value = json.loads(connection.getresponse().read())["cells"][0]["value"]
        if before is not None and value > before[0]:
            sent[value] = before[1]
        before = (value, asked)
        time.sleep(0.005)
    load.join()
    time.sleep(0.5)
    delays = []
    for follower in followers:
        follower.close()
        arrived = follower.arrived
        for value, then in sent.items():
            # The first event that shows this number or a later one.
            times = [at for seen, at in arrived if seen >= value]
            if times:
                delays.append((min(times) - then) * 1000)
    bench.record(what="event to subscriber", store=kind, cases=cases, subscribers=len(followers), events=len(delays),
                 p50_ms=round(percentile(delays, 0.5), 1), p99_ms=round(percentile(delays, 0.99), 1))


class Listener(threading.Thread):
    """Notes when the alert of each place was told."""

    def __init__(self, port, token):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.token = token
        self.told = {}
        self.ready = threading.Event()

    def run(self):
        try:
            self.connection.request("GET", "/api/v1/events", headers={"Authorization": "Bearer " + self.token})
            answer = self.connection.getresponse()
            self.ready.set()
            while line := answer.readline():
                if line.startswith(b"data: ") and b'"what":"fired"' in line:
                    name = re.search(rb"gauge \d+", line)
                    if name:
                        self.told.setdefault(name.group().decode(), time.monotonic())
        except (OSError, ValueError, http.client.HTTPException):
            pass

    def close(self):
        if self.connection.sock is not None:
            self.connection.sock.close()


def post(connection, token, path, body, kind="application/json"):
    connection.request("POST", path, json.dumps(body), {"Authorization": "Bearer " + token, "Content-Type": kind})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 201):
        raise SystemExit(f"POST {path}: {answer.status} {text[:300]!r}")
    return json.loads(text) if text else None


def underpass(number):
    """A gauge that the shipped flood pack watches."""
    return {
        "name": f"gauge {number}", "description": "water in an underpass",
        "properties": {"code": f"BG-{number}", "type": "underpass_gauge"},
        "Locations": [{"name": "place", "description": "where it stands", "encodingType": "application/geo+json",
                       "location": {"type": "Point", "coordinates": [116.2 + number % 100 * 0.003, 39.85 + number // 100 * 0.001]}}],
        "Datastreams": [{
            "name": "water_depth", "description": "depth",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "centimetre", "symbol": "cm", "definition": "ucum:cm"},
            "Sensor": {"name": "gauge", "description": "gauge", "encodingType": "text/plain", "metadata": "none"},
            "ObservedProperty": {"name": "depth", "definition": "https://example.org/water_depth",
                                 "description": "depth", "properties": {"code": "water_depth"}}}]}


def measure_alerts(bench, server, kind, cases, tokens, begin, background=None):
    """From the reply to a reading above its limit until its alert, with case and plan, is told as an event."""
    gauges = 20 if bench.options.quick else 100
    listener = Listener(server["port"], tokens["leader"])
    listener.start()
    listener.ready.wait(30)
    connection = http.client.HTTPConnection("127.0.0.1", server["port"], timeout=60)
    acknowledged = {}
    for number in range(begin, begin + gauges):
        post(connection, tokens["leader"], "/sensorthings/v1.1/Things", underpass(number))
    for number in range(begin, begin + gauges):
        post(connection, tokens["leader"], "/api/v1/observations",
             {"thing": f"BG-{number}", "datastream": "water_depth", "result": 30},
             "application/x-ndjson")
        acknowledged[f"gauge {number}"] = time.monotonic()
        time.sleep(0.07)
    if background is not None:
        background.join()
    for _ in range(100):
        if len(listener.told) >= gauges:
            break
        time.sleep(0.1)
    listener.close()
    delays = [(listener.told[name] - then) * 1000 for name, then in acknowledged.items() if name in listener.told]
    bench.record(what="reading to alert" + (", while 300 cases/s are written" if background else ""), store=kind,
                 cases=cases, readings=gauges, alerts=len(delays), p50_ms=round(percentile(delays, 0.5), 1),
                 p99_ms=round(percentile(delays, 0.99), 1))


def warned(port, token, rule):
    """How many places the open alerts of a rule have."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    places, cursor = 0, ""
    while True:
        connection.request("GET", f"/api/v1/alerts?rule={rule}&limit=200{cursor}", headers={"Authorization": "Bearer " + token})
        page = json.loads(connection.getresponse().read())
        places += sum(sum(alert["places"].values()) for alert in page["items"])
        if not page.get("next"):
            return places
        cursor = "&cursor=" + page["next"]


def measure_flood(bench, server, kind, cases, tokens, begin):
    """The case loop at 300 lives/s, then the same while thousands of gauges rise above their limits in one batch."""
    gauges = 1_000 if bench.options.quick else 10_000
    connection = http.client.HTTPConnection("127.0.0.1", server["port"], timeout=60)
    for number in range(begin, begin + gauges):
        post(connection, tokens["leader"], "/sensorthings/v1.1/Things", underpass(number))
    seconds = 10 if bench.options.quick else 30
    before = warned(server["port"], tokens["leader"], "underpass-water")
    calm = bench.load(server, tokens, seconds, 16, 300)
    load = Reports(bench, server, tokens, seconds, 300)
    time.sleep(3)
    # Without a time: now, by the clock of a city that may have been replayed.
    rows = "".join(json.dumps({"thing": f"BG-{number}", "datastream": "water_depth", "result": 30}) + "\n"
                   for number in range(begin, begin + gauges))
    connection.request("POST", "/api/v1/observations", rows,
                       {"Authorization": "Bearer " + tokens["leader"], "Content-Type": "application/x-ndjson"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"the flood: {answer.status} {answer.read()[:300]!r}")
    begun = time.monotonic()
    places = 0
    while places < before + gauges and time.monotonic() < begun + 120:
        time.sleep(0.25)
        places = warned(server["port"], tokens["leader"], "underpass-water")
    took = time.monotonic() - begun
    busy = load.join()
    bench.record(what="a flood of alerts beside 300 cases/s", store=kind, cases=cases, gauges=gauges, warned=places - before,
                 seconds=round(took, 1),
                 **{f"{name}_create_{part}_ms": out["steps"][0]["ms"][part]
                    for name, out in (("calm", calm), ("flood", busy)) for part in ("p50", "p99")},
                 bad=calm["jobs"]["bad"] + busy["jobs"]["bad"])


def measure_recovery(bench, data, kind, cases, at):
    with bench.server(data) as server:
        get(server["port"], page_of(at))
        os.kill(server["pid"], signal.SIGKILL)
        time.sleep(0.2)
    begun = time.monotonic()
    with bench.server(data) as server:
        started = time.monotonic() - begun
        _, took = get(server["port"], page_of(at))
        bench.record(what="after kill -9", store=kind, cases=cases, start_seconds=round(started, 2),
                     first_page_ms=round(took * 1000, 1))


def sql_of(month_from, month_to):
    """The nine figures of a month for the city and its districts, from the rows."""
    def figure(code):
        day = "filed_day" if code in FILED else "reported_day"
        return (f"count(*) FILTER (WHERE (facts & {1 << BITS[code]}) <> 0 AND {day} BETWEEN {month_from} "
                f"AND {month_to}) AS {code}")
    return (f"SELECT area_1, {', '.join(figure(code) for code in NINE)} FROM cases WHERE reported_day BETWEEN "
            f"{month_from - 100} AND {month_to} GROUP BY area_1")


def psql(bench, data, *commands):
    database = re.search(r"store.postgres: (.*)", (data / "chengshu.yaml").read_text()).group(1)
    arguments = [part for command in commands for part in ("-c", command)]
    return bench.run("psql", database, "-X", "-q", "-A", "-t", *arguments)


def timed_psql(bench, data, command, times):
    out = psql(bench, data, "\\timing on", *([command] * times))
    return [float(text) for text in re.findall(r"Time: ([0-9.]+) ms", out)]


def measure_beside(bench, data, cases, at):
    year, month = int(at[:4]), int(at[5:7])
    query = sql_of(year * 10000 + month * 100 + 1, year * 10000 + month * 100 + 31)
    times = 5 if bench.options.quick else 20
    took = timed_psql(bench, data, query, times)
    bench.record(what="nine figures by SQL", store="PostgreSQL", cases=cases, p50_ms=round(percentile(took, 0.5), 1),
                 p95_ms=round(percentile(took, 0.95), 1))
    psql(bench, data, "DROP MATERIALIZED VIEW IF EXISTS nine", f"CREATE MATERIALIZED VIEW nine AS {query}")
    refresh = timed_psql(bench, data, "REFRESH MATERIALIZED VIEW nine", times)
    select = timed_psql(bench, data, "SELECT * FROM nine", times)
    bench.record(what="nine figures by a materialised view", store="PostgreSQL", cases=cases,
                 refresh_p50_ms=round(percentile(refresh, 0.5), 1), select_p50_ms=round(percentile(select, 0.5), 2))
    psql(bench, data, "DROP MATERIALIZED VIEW nine")
    path = bench.folder / "cases.csv"
    psql(bench, data, f"\\copy (SELECT area_1, facts, reported_day, filed_day FROM cases) TO '{path}' CSV HEADER")
    out = json.loads(bench.run(bench.build / "bench/chengshu-duck", path, query, times))
    bench.record(what="nine figures by DuckDB", store="DuckDB", cases=cases, p50_ms=out["p50_ms"],
                 p95_ms=out["p95_ms"], load_ms=out["load_ms"])
    path.unlink()


DRAFT = """
indicators:
  - code: on_time_closing_rate
    name: {zh: 按期结案率, en: On-time closing rate}
    unit: "%"
    precision: 2
    period: days
    subjects: [area, department, source]
    source: a draft; a late close counts half
    formula: 100 * (closed_on_time + 0.5 * closed_late) / should_close
"""
DISTRICTS = [f"1101{number:02}" for number in (1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19)]


def measure_draft(bench, kind):
    """Two years of days of the composite score under a draft of one of its terms: the city, then each of its districts."""
    cases = 20_000 if bench.options.quick else 500_000
    data = bench.new_store(kind)
    bench.replay(data, cases, 730)
    token = bench.token(data, "bj-shift-leader")
    with bench.server(data) as server:
        last = datetime.date.fromisoformat(get(server["port"], "/api/v1/statistics/funnel")[0]["day"])
        first = last - datetime.timedelta(days=729)
        connection = http.client.HTTPConnection("127.0.0.1", server["port"], timeout=120)

        def ask(area):
            begun = time.monotonic()
            answer = post(connection, token, f"/api/v1/indicators/composite/draft?area={area}&period=day&from={first}&to={last}",
                          {"definitions": DRAFT})
            took = (time.monotonic() - begun) * 1000
            if answer["mistakes"] or len(answer["items"]) != 730:
                raise SystemExit(f"a draft: {str(answer)[:300]}")
            return took, sum("value" in item for item in answer["items"]), sum(
                item.get("difference", 0) != 0 for item in answer["items"])

        took, days, changed = ask(CITY)
        again = [ask(CITY)[0] for _ in range(5)]
        districts = [ask(area)[0] for area in DISTRICTS]
        bench.record(what="two years of days under a draft", store=kind, cases=cases, days_with_a_value=days,
                     days_changed=changed, first_ms=round(took, 1), again_p50_ms=round(percentile(again, 0.5), 1),
                     districts=len(districts), all_districts_ms=round(sum(districts), 1))
    if kind == "postgres":
        since, until = first.strftime("%Y%m%d"), last.strftime("%Y%m%d")
        bits = {"closed_on_time": 27, "closed_late": 29, "should_close": 24, "closed": 26, "rework_cases": 32}
        figures = ", ".join(f"count(*) FILTER (WHERE facts & {1 << bit} <> 0) AS {code}" for code, bit in bits.items())
        took = timed_psql(bench, data, f"SELECT filed_day, {figures} FROM cases WHERE filed_day BETWEEN {since} AND {until} "
                          "GROUP BY filed_day", 3 if bench.options.quick else 10)
        bench.record(what="the counts of these days by SQL", store="PostgreSQL", cases=cases,
                     p50_ms=round(percentile(took, 0.5), 1))
    shutil.rmtree(data)


def measure(bench):
    if not bench.options.store:
        measure_alone(bench)
        for kind in bench.options.stores:
            measure_draft(bench, kind)
    for kind in bench.options.stores:
        for cases in [count for count in bench.options.cases if count]:
            filled = bool(bench.options.store)
            data = pathlib.Path(bench.options.store) if filled else bench.new_store(kind)
            if not filled:
                _, took = bench.replay(data, cases, 30)
                bench.record(what="fill", store=kind, cases=cases, seconds=round(took, 1))
            tokens = {"reporter": bench.token(data, "110108-acceptor"),
                      "handler": bench.token(data, "bj-water-handler"),
                      "leader": bench.token(data, "bj-shift-leader")}
            with bench.server(data) as server:
                funnel = get(server["port"], "/api/v1/statistics/funnel")[0]
                at = funnel["day"] + "T04:00:00Z"
                _, first = get(server["port"], page_of(at))
                page, second = get(server["port"], page_of(at))
                bench.record(what="a page of nine", store=kind, cases=cases, first_ms=round(first * 1000, 1),
                             again_ms=round(second * 1000, 2), reported=page["cells"][0].get("value"))
                seconds = 6 if bench.options.quick else 12
                streets = pages_of_streets(server["port"], at)
                for pages in ([page_of(at)], streets):
                    measure_visits(bench, server, kind, cases, pages, "nine-indicator visit")
                    measure_visits(bench, server, kind, cases, pages, "nine-indicator visit, while 300 cases/s are written",
                                   Reports(bench, server, tokens, seconds, 300))
                measure_events(bench, server, kind, cases, tokens)
                measure_alerts(bench, server, kind, cases, tokens, 0)
                measure_alerts(bench, server, kind, cases, tokens, 1_000, Reports(bench, server, tokens, seconds, 300))
                measure_flood(bench, server, kind, cases, tokens, 2_000)
            measure_recovery(bench, data, kind, cases, at)
            if kind == "postgres":
                measure_beside(bench, data, cases, at)
            if not filled:
                shutil.rmtree(data)


def table(results):
    print("\n| what | store | cases | result |\n| --- | --- | --- | --- |")
    for row in results:
        rest = ", ".join(f"{name} {value}" for name, value in row.items()
                         if name not in ("what", "store", "cases", "load_average"))
        print(f"| {row['what']} | {row.get('store', '')} | {row.get('cases', '')} | {rest} |")
