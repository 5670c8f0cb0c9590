"""Measures readings: into the server by every door, out of it with many stored, and after kill -9."""

import contextlib
import gzip
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import beside
from servers import end, free_port, wait_for_port

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATH = "/sensorthings/v1.1"
CITY, LOGIN, CENTRE = "cities/baltimore", "shift_leader", (-76.61, 39.29)
STREAMS_PER_REQUEST = 2_000
INTERVAL = 60_000  # ms between two readings of a stream
BACKFILL = 250_000
LATEST = "Observations($top=1;$orderby=phenomenonTime desc)"


class Server:
    """A server on its own data folder, that can be killed and started again."""

    def __init__(self, bench, name, settings=()):
        self.bench = bench
        self.name = name
        self.data = bench.folder / name
        self.settings = [part for item in settings for part in ("--set", item)]
        self.log = bench.folder / f"{name}.log"
        self.process = None
        self.port = 0
        bench.run(bench.chengshu, "init", "--data", self.data, *self.settings)
        bench.run(bench.chengshu, "city", "load", ROOT / CITY, "--data", self.data, *self.settings)
        out = bench.run(bench.chengshu, "account", "token", LOGIN, "--label", "bench", "--data", self.data, *self.settings)
        self.token = out.split()[-1]

    def start(self, *settings):
        """Gives the seconds until it has answered how many readings there are, and their number."""
        more = [part for item in settings for part in ("--set", item)]
        begun = time.monotonic()
        with self.log.open("a") as log:
            self.process = self.bench.begin(
                [self.bench.chengshu, "serve", "--data", self.data, "--language", "en", *self.settings, *more,
                 "--set", "http.port=0", "--set", "monitor.port=0"], stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        ports = re.findall(r"://[^:/]+:(\d+)/", line)
        if len(ports) != 2:
            raise SystemExit(f"the server did not start: {line!r}\n{self.log.read_text()[-3000:]}")
        self.port = int(ports[0])
        count = self.count()
        return time.monotonic() - begun, count

    def stop(self):
        if self.process is not None:
            end(self.process)
            self.process.stdout.close()
            self.process = None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def call(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request(method, path.replace(" ", "%20"), body,
                               {"Authorization": "Bearer " + self.token, **dict(headers)})
            got = connection.getresponse()
            return got.status, got.read(), got.headers
        finally:
            connection.close()

    def get(self, path):
        status, body, _ = self.call("GET", PATH + path)
        if status != 200:
            raise SystemExit(f"{path}: {status} {body[:500]}")
        return json.loads(body)

    def post(self, path, body):
        status, text, headers = self.call("POST", PATH + path, json.dumps(body), {"Content-Type": "application/json"})
        if status != 201:
            raise SystemExit(f"{path}: {status} {text[:500]}")
        return int(re.search(r"\((\d+)\)", headers["Location"]).group(1))

    def count(self):
        return self.get("/Observations?$count=true&$top=0")["@iot.count"]

    def cpu_seconds(self):
        """Used since it was started, by all its threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return round(int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024, 1)

    def bytes_of_readings(self):
        return sum(file.stat().st_size for file in self.data.glob("observations*") if file.is_file())


class Sensing:
    def __init__(self, bench):
        self.bench = bench
        self.quick = bench.options.quick
        self.streams = bench.options.streams
        self.sizes = sorted(bench.options.rows)
        self.stored = 0   # readings that the present server has acknowledged
        self.runs = 0
        # The past, so that the last readings are of about now.
        self.clock = int(time.time() * 1000) - self.rounds(2 * self.sizes[-1] + 30_000_000) * INTERVAL

    def say(self, text):
        print(f"- {text}", flush=True)

    def rounds(self, readings, streams=0):
        """In how many intervals they are surely sent: some gateways send more than others."""
        return readings * 5 // 4 // (streams or self.streams) + 5

    # --- Filling --------------------------------------------------------------------------------

    def make_ledger(self, server):
        """Things with a Location and a Datastream each, by deep insert below Sensors."""
        prop = server.post("/ObservedProperties", {
            "name": "PM2.5", "definition": "https://example.org/pm25", "description": "fine dust"})
        first = None
        chance = random.Random(1)
        begun = time.monotonic()
        for start in range(1, self.streams + 1, STREAMS_PER_REQUEST):
            numbers = range(start, min(start + STREAMS_PER_REQUEST, self.streams + 1))
            server.post("/Sensors", {
                "name": f"type {start}", "description": "optical", "encodingType": "text/plain", "metadata": "none",
                "Datastreams": [self.stream(number, prop, chance) for number in numbers]})
            if first is None:
                first = min(entity["@iot.id"] for entity in server.get("/Datastreams?$top=1&$select=id")["value"])
        took = time.monotonic() - begun
        for number in (1, self.streams):
            thing = server.get(f"/Datastreams({first + number - 1})/Thing")
            if thing["properties"]["code"] != f"S{number}":
                raise SystemExit(f"stream {first + number - 1} belongs to {thing['properties']['code']}")
        return first, took

    @staticmethod
    def stream(number, prop, chance):
        place = [round(middle + chance.uniform(-0.05, 0.05), 6) for middle in CENTRE]
        return {
            "name": "pm25", "description": "fine dust",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "microgram per cubic metre", "symbol": "ug/m3", "definition": "ucum:ug/m3"},
            "ObservedProperty": {"@iot.id": prop},
            "Thing": {"name": f"station {number}", "description": "air", "properties": {"code": f"S{number}", "type": "air"},
                      "Locations": [{"name": "place", "description": "where it stands",
                                     "encodingType": "application/geo+json",
                                     "location": {"type": "Point", "coordinates": place}}]}}

    def readings(self, server, first, count, *arguments, connections=8, streams=None, keys=True):
        """Sends so many; gives what the load program says. Everything must be acknowledged."""
        self.runs += 1
        streams = streams or self.streams
        out = json.loads(self.bench.run(
            self.bench.build / "bench/chengshu-readings", "--port", server.port, "-c", connections, "-n", count,
            "--streams", streams, "--first-stream", first, "--start", self.clock, "--interval", INTERVAL,
            *arguments, "--token", server.token, "--run", f"bench{self.runs}" if keys else ""))
        self.clock += self.rounds(count, streams) * INTERVAL
        return out

    def check(self, server, what):
        count = server.count()
        if count != self.stored:
            raise SystemExit(f"{what}: {self.stored} readings were acknowledged, {count} are stored")

    def send(self, server, first, what, rows, count, *arguments, connections=8, keys=True):
        count = max(count // rows, 1) * rows
        mode = "single" if rows == 1 else "batch"
        size = () if rows == 1 else ("--rows", rows)
        cpu = server.cpu_seconds()
        out = self.readings(server, first, count, mode, *size, *arguments, connections=connections, keys=keys)
        cpu = server.cpu_seconds() - cpu
        self.stored += count
        self.check(server, what)
        self.bench.record(what=what, store=server.name, rows_per_request=rows, connections=connections,
                          readings=count, per_second=round(count / out["seconds"]),
                          server_cpu_us=round(cpu * 1e6 / count, 2), p50_ms=out["job_ms"]["p50"],
                          p99_ms=out["job_ms"]["p99"], max_ms=out["job_ms"]["max"])

    def fill(self, server, first, rows):
        """Through the fast door, 10,000 readings a request."""
        count = (rows - self.stored) // 10_000 * 10_000
        if count <= 0:
            return
        before, cpu = server.megabytes(), server.cpu_seconds()
        out = self.readings(server, first, count, "batch", "--rows", 10_000)
        self.stored += count
        self.check(server, "fill")
        cpu = server.cpu_seconds() - cpu
        self.bench.record(what="fill", store=server.name, readings=count, per_second=round(count / out["seconds"]),
                          server_cpu_us=round(cpu * 1e6 / count, 2),
                          p99_ms=out["job_ms"]["p99"], max_ms=out["job_ms"]["max"],
                          memory_before_mb=before, memory_mb=server.megabytes())

    # --- Measurements ---------------------------------------------------------------------------

    def doors(self, server, first, million):
        for rows in (1_000, 10_000):
            self.send(server, first, "NDJSON", rows, million, "--format", "ndjson")
        # Long enough for a run of ten million to be sorted meanwhile.
        self.send(server, first, "NDJSON", 25_000, 4 * million, "--format", "ndjson", connections=16)
        self.send(server, first, "NDJSON, gzip", 10_000, million, "--format", "ndjson", "--gzip")
        self.send(server, first, "line protocol", 10_000, million, "--format", "line")
        self.send(server, first, "data array", 1_000, million // 4, "--format", "dataarray")
        for connections in (64, 256):
            self.send(server, first, "single POST", 1, million // 20, connections=connections, keys=False)
        self.send(server, first, "single POST with a key", 1, million // 20, connections=256)

    def backfill(self, server, first):
        """One stream's past in one request."""
        text = self.bench.run(self.bench.build / "bench/chengshu-readings", "-n", BACKFILL, "--streams", 1,
                              "--first-stream", first, "--start", self.clock - BACKFILL * 1000, "--interval", 1000, "print")
        body = gzip.compress(text.encode(), 1)
        begun = time.monotonic()
        status, answer, _ = server.call("POST", "/api/v1/observations", body, {
            "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip", "Idempotency-Key": "backfill"})
        took = time.monotonic() - begun
        if status != 200 or json.loads(answer)["accepted"] != BACKFILL:
            raise SystemExit(f"backfill: {status} {answer[:500]}")
        self.stored += BACKFILL
        self.check(server, "backfill")
        self.bench.record(what="backfill of one stream", store=server.name, readings=BACKFILL, seconds=round(took, 3),
                          per_second=round(BACKFILL / took))

    def measure_mqtt(self, server, first, messages):
        """The broker with a subscriber that drops everything, then with the server as the subscriber."""
        with self.broker() as port:
            alone = max(messages / self.publish(port, messages, first, "--drain")["drained_s"] for _ in range(2))
        self.bench.record(what="MQTT, broker alone", readings=messages, per_second=round(alone))
        self.to_server(server, first, messages, alone, "MQTT", "mqtt.publish=")
        self.to_server(server, first, messages, alone, "MQTT, changes published")

    def to_server(self, server, first, messages, alone, what, *settings):
        """Until everything is durable."""
        with self.broker() as port:
            server.stop()
            token = self.bench.folder / "token"
            token.write_text(server.token + "\n")
            server.start(f"mqtt.url=mqtt://127.0.0.1:{port}", f"mqtt.token_file={token}", *settings)
            self.wait_for_subscriber(server, port, first)
            begun = time.monotonic()
            published = self.publish(port, messages, first)["published_s"]
            self.stored += messages
            self.wait_for_count(server)
            took = time.monotonic() - begun
        self.bench.record(what=what, store=server.name, readings=messages, per_second=round(messages / took),
                          published_per_second=round(messages / published), of_broker=round(messages / took / alone, 2))

    @contextlib.contextmanager
    def broker(self):
        port = free_port()
        config = self.bench.folder / "mosquitto.conf"
        root = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type error\n{root}"
                          "max_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\n")
        log = self.bench.folder / "mosquitto.log"
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        process = self.bench.begin([program, "-c", config], stdout=log.open("w"), stderr=subprocess.STDOUT)
        try:
            wait_for_port(port, process, log)
            yield port
        finally:
            end(process)

    def publish(self, port, messages, first, *arguments):
        out = json.loads(self.bench.run(
            self.bench.build / "bench/chengshu-readings", "--port", port, "-c", 4, "-n", messages, "--streams", self.streams,
            "--first-stream", first, "--start", self.clock, "--interval", INTERVAL, "mqtt", *arguments))
        self.clock += self.rounds(messages) * INTERVAL
        return out

    def wait_for_subscriber(self, server, port, first):
        """Messages before the server has subscribed are nobody's."""
        before = server.count()
        for sent in range(1, 400):
            self.publish(port, 1, first)
            time.sleep(0.05)
            if server.count() > before:
                time.sleep(0.5)
                self.stored = server.count()
                return
        raise SystemExit("the server does not subscribe:\n" + server.log.read_text()[-3000:])

    def wait_for_count(self, server):
        last, since = 0, time.monotonic()
        while (count := server.count()) < self.stored:
            if count > last:
                last, since = count, time.monotonic()
            if time.monotonic() - since > 60:
                raise SystemExit(f"MQTT: {self.stored} readings were published, {count} are stored\n" +
                                 server.log.read_text()[-3000:])
            time.sleep(0.01)
        self.check(server, "MQTT")

    # --- Asking ---------------------------------------------------------------------------------

    def targets(self, first):
        """What is asked, by name; each many times for other streams."""
        chance = random.Random(self.stored)
        end_ms = self.clock
        def moment(ms):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))
        def some(make, count=20):
            return [make(chance.randrange(first, first + self.streams)) for _ in range(count)]
        hour = f"phenomenonTime ge {moment(end_ms - 90 * INTERVAL)} and phenomenonTime lt {moment(end_ms - 30 * INTERVAL)}"
        return {
            "$count of all": ["/Observations?$count=true&$top=0"],
            "$count of a stream": some(lambda n: f"/Datastreams({n})/Observations?$count=true&$top=0"),
            "latest of a thing": some(lambda n: f"/Datastreams({n})/Thing?$expand=Datastreams($expand={LATEST})"),
            "latest of 100 things": some(lambda n: f"/Things?$filter=id ge {n}&$top=100&$expand=Datastreams($expand={LATEST})"),
            "$expand, an hour by time": some(
                lambda n: f"/Datastreams({n})?$expand=Observations($filter={hour};$orderby=phenomenonTime)"),
            "$expand, above a value": some(
                lambda n: f"/Datastreams({n})?$expand=Observations($filter=result gt 40;$orderby=phenomenonTime desc;$top=10)"),
            "$expand, 20 streams' last 10": some(
                lambda n: f"/Datastreams?$filter=id ge {n}&$top=20&$expand=Observations($orderby=phenomenonTime desc;$top=10)"),
            "an observation by id": [f"/Observations({chance.randint(1, self.stored)})" for _ in range(20)],
            "newest 100 of all": ["/Observations?$orderby=phenomenonTime desc&$top=100"],
        }

    def queries(self, server, first):
        for name, paths in self.targets(first).items():
            targets = [PATH + path.replace(" ", "%20") for path in paths]
            status, body, _ = server.call("GET", targets[0])
            if status != 200:
                raise SystemExit(f"{targets[0]}: {status} {body[:500]}")
            out = json.loads(self.bench.run(
                self.bench.build / "bench/chengshu-load", "--port", server.port, "-c", 1, "-w", 0,
                "-d", 1.5 if self.quick else 4, "get", *targets, "--token", server.token))
            bad = out["jobs"]["bad"] + out["jobs"]["unfinished"]
            self.bench.record(what=name, store=server.name, stored=self.stored, asked=out["jobs"]["good"], bad=bad,
                              p50_ms=out["job_ms"]["p50"], p99_ms=out["job_ms"]["p99"], max_ms=out["job_ms"]["max"])

    def kill_and_recover(self, server, first, rows=1_000, after=3.0):
        """kill -9 in the middle of readings at full rate; then how long until it answers."""
        self.runs += 1
        load = self.bench.begin(
            [self.bench.build / "bench/chengshu-readings", "--port", server.port, "-c", 8, "-n", 100_000_000, "--streams",
             self.streams, "--first-stream", first, "--start", self.clock, "--interval", INTERVAL, "batch", "--rows", rows,
             "--token", server.token, "--run", f"kill{self.runs}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after)
        server.kill()
        end(load)
        log = sum(file.stat().st_size for file in server.data.glob("observations*.wal"))
        seconds, count = server.start()
        if count < self.stored or (count - self.stored) % rows != 0:
            raise SystemExit(f"{self.stored} readings were acknowledged before, now {count} are stored")
        self.clock += self.rounds(count - self.stored) * INTERVAL
        self.stored = count
        return {"stored": count, "log_mb": round(log / 1e6, 1), "seconds": round(seconds, 2),
                "cpu_seconds": server.cpu_seconds(), "memory_mb": server.megabytes()}

    def measure_kill(self, server, first):
        self.bench.record(what="start after kill -9", store=server.name, **self.kill_and_recover(server, first))

    def measure_kills(self, server, first):
        """At moments all through the sorting of runs of ten million, which is when the log is longest."""
        kills = [self.kill_and_recover(server, first, 10_000, after) for after in (3, 5, 7, 9, 11, 13, 15, 17)]
        worst = max(kills, key=lambda kill: kill["seconds"])
        self.bench.record(what=f"the worst of {len(kills)} starts after kill -9", store=server.name,
                          all_seconds=" ".join(str(kill["seconds"]) for kill in kills), **worst)

    def after_rest(self, server):
        """Until nothing is moved any more: the size of the files stays the same."""
        last, since = -1, time.monotonic()
        begun = since
        while time.monotonic() - since < 5 and time.monotonic() - begun < 300:
            size = server.bytes_of_readings()
            if size != last:
                last, since = size, time.monotonic()
            time.sleep(0.5)
        self.bench.record(what="size", store=server.name, stored=self.stored,
                          bytes_per_reading=round(server.bytes_of_readings() / self.stored, 1), memory_mb=server.megabytes())

    # --- The whole ------------------------------------------------------------------------------

    def step(self, server, what, part):
        """When it fails, the next one begins with what is there."""
        if attempt(self.bench, what, part):
            return
        if server.process is None or server.process.poll() is not None:
            server.start()
        self.stored = server.count()

    def measure_duckdb(self):
        server = Server(self.bench, "duckdb")
        server.start()
        empty = server.megabytes()
        self.say(f"registering {self.streams} things")
        first, took = self.make_ledger(server)
        self.bench.record(what="ledger", things=self.streams, seconds=round(took, 1), per_second=round(self.streams / took))
        server.stop()
        seconds, _ = server.start()
        memory = server.megabytes()
        self.bench.record(what="start with the ledger", things=self.streams, seconds=round(seconds, 2),
                          cpu_seconds=server.cpu_seconds(), empty_mb=empty,
                          memory_mb=memory, bytes_per_thing=round((memory - empty) * 1048576 / self.streams))
        self.stored = 0
        self.send(server, first, "first reading of each", 10_000, self.streams)
        self.step(server, "queries", lambda: self.queries(server, first))
        self.step(server, "doors", lambda: self.doors(server, first, 400_000 if self.quick else 4_000_000))
        self.step(server, "backfill", lambda: self.backfill(server, first))
        self.step(server, "MQTT", lambda: self.measure_mqtt(server, first, 50_000 if self.quick else 300_000))
        for rows in self.sizes:
            self.say(f"filling up to {rows} readings through the fast door")
            self.step(server, "fill", lambda: self.fill(server, first, rows))
            self.after_rest(server)
            self.step(server, "queries", lambda: self.queries(server, first))
            self.step(server, "kill -9", lambda: self.measure_kill(server, first))
        self.step(server, "kill -9 again and again", lambda: self.measure_kills(server, first))
        server.stop()
        seconds, _ = server.start()
        self.bench.record(what="start after an orderly end", store=server.name, stored=self.stored,
                          seconds=round(seconds, 2), cpu_seconds=server.cpu_seconds(), memory_mb=server.megabytes())
        server.stop()
        shutil.rmtree(server.data)

    def measure_postgres(self):
        database = self.bench.new_database()
        server = Server(self.bench, "postgres", ("store.kind=postgres", f"store.postgres={database}"))
        server.start()
        streams, self.streams, self.stored = self.streams, min(self.streams, 20_000), 0
        try:
            first, _ = self.make_ledger(server)
            million = 200_000 if self.quick else 1_000_000
            self.send(server, first, "first reading of each", 10_000, self.streams)
            for rows in (1_000, 10_000):
                self.send(server, first, "NDJSON", rows, million, "--format", "ndjson")
            self.send(server, first, "single POST", 1, million // 20, connections=256, keys=False)
            self.queries(server, first)
        finally:
            self.streams = streams
        server.stop()
        shutil.rmtree(server.data)


def measure(bench):
    """Everything, each part by itself: what fails is recorded, and the others go on."""
    sensing = Sensing(bench)
    parts = {
        "raw appends": lambda: beside.measure_raw(bench),
        "COPY": lambda: beside.measure_copy(bench),
        "VictoriaMetrics": lambda: beside.measure_victoria(bench, INTERVAL),
        "the server on PostgreSQL": sensing.measure_postgres,
        "the server on DuckDB": sensing.measure_duckdb,
    }
    for name, part in parts.items():
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        attempt(bench, name, part)
        bench.end_programs()


def attempt(bench, what, part):
    """Whether it went well."""
    try:
        part()
        return True
    except SystemExit as problem:
        if isinstance(problem.code, int):  # somebody wants us to end
            raise
        bench.record(what=what, error=str(problem)[-1000:])
    except (OSError, http.client.HTTPException, ValueError, KeyError) as problem:
        bench.record(what=what, error=f"{type(problem).__name__}: {problem}"[-1000:])
    return False


def table(results):
    """What `measure` has recorded, for people."""
    print("\n| readings in | store | rows a request | connections | readings/s | p50 / p99 / max ms |")
    print("|---|---|---:|---:|---:|---:|")
    for row in results:
        if "per_second" in row and "readings" in row:
            times = " / ".join(str(row.get(name, "")) for name in ("p50_ms", "p99_ms", "max_ms"))
            print(f"| {row['what']} | {row.get('store', '')} | {row.get('rows_per_request', '')} "
                  f"| {row.get('connections', '')} | {row['per_second']:,} | {times} |")
    print("\n| asked | store | stored | p50 / p99 / max ms |")
    print("|---|---|---:|---:|")
    for row in results:
        if "asked" in row:
            print(f"| {row['what']} | {row['store']} | {row['stored']:,} "
                  f"| {row['p50_ms']} / {row['p99_ms']} / {row['max_ms']} |")
    print()
    for row in results:
        if "asked" not in row and not ("per_second" in row and "readings" in row):
            print("- " + ", ".join(f"{name} {value}" for name, value in row.items()))
