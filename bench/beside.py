"""What stands beside our readings in the same run: raw DuckDB, COPY into PostgreSQL, VictoriaMetrics."""

import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request

from servers import end, free_port, wait_for


def measure_raw(bench):
    """Appends to DuckDB by our store and without it, without HTTP."""
    sizes = [10_000, 100_000]
    for line in bench.run(bench.build / "bench/chengshu-observations", "--folder", bench.folder / "raw", "--appends-only",
                          "--streams", bench.options.streams, "--sizes", *sizes).splitlines():
        bench.record(**json.loads(line))


def measure_copy(bench):
    readings = 400_000 if bench.options.quick else 4_000_000
    database = bench.new_database()
    for index in (False, True):
        out = json.loads(bench.run(
            bench.build / "bench/chengshu-copy-readings", database, "-n", readings, "--streams", bench.options.streams,
            "--rows", 10_000, "-c", 2, *(["--index"] if index else [])))
        bench.record(what="COPY, index on stream and time" if index else "COPY, no index", store="PostgreSQL",
                     rows_per_request=10_000, connections=2, readings=out["stored"],
                     per_second=round(out["stored"] / out["seconds"]),
                     bytes_per_reading=round(out["bytes"] / out["stored"], 1))


def measure_victoria(bench, interval):
    """The same line protocol, the same sender; its answer does not mean that anything is on disk."""
    program = shutil.which("victoria-metrics")
    if program is None:
        bench.record(what="VictoriaMetrics", error="not installed (package victoria-metrics)")
        return
    port = free_port()
    folder = bench.folder / "victoria"
    log = bench.folder / "victoria.log"
    process = bench.begin(
        [program, f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
         "-loggerLevel=ERROR"], stdout=log.open("w"), stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    wait_for(url + "/health", process, log)
    readings = 1_000_000 if bench.options.quick else bench.options.rows[0]
    streams = bench.options.streams
    rounds = 2 * (readings // streams) + 60  # some of the gateways send more than others
    start = int(time.time() * 1000) - rounds * interval
    out = json.loads(bench.run(
        bench.build / "bench/chengshu-readings", "--port", port, "-c", 8, "-n", readings, "--streams", streams,
        "--start", start, "--interval", interval, "batch", "--format", "line", "--rows", 10_000, "--run", "",
        "--target", "/write?precision=ms"))
    stored = int(value_of(url, f"sum(count_over_time(air_pm25[{rounds}m]))", patient=readings))
    urllib.request.urlopen(url + "/internal/force_flush", timeout=600).close()
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    memory = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text()).group(1))
    bench.record(what="line protocol, not durable", store="VictoriaMetrics", rows_per_request=10_000, connections=8,
                 readings=readings, per_second=round(readings / out["seconds"]), p50_ms=out["job_ms"]["p50"],
                 p99_ms=out["job_ms"]["p99"], max_ms=out["job_ms"]["max"], stored=stored,
                 bytes_per_reading=round(size / readings, 1), memory_mb=round(memory / 1024, 1))
    asked = {
        "count of all": f"sum(count_over_time(air_pm25[{rounds}m]))",
        "count of a stream": f'count_over_time(air_pm25{{code="S17"}}[{rounds}m])',
        "latest of a thing": f'last_over_time(air_pm25{{code="S17"}}[{rounds}m])',
    }
    for name, query in asked.items():
        times = []
        for _ in range(5):
            begun = time.monotonic()
            value_of(url, query)
            times.append((time.monotonic() - begun) * 1000)
        times.sort()
        bench.record(what=name, store="VictoriaMetrics", stored=readings, asked=5, bad=0, p50_ms=round(times[2], 2),
                     p99_ms=round(times[-1], 2), max_ms=round(times[-1], 2))
    process.kill()
    process.wait()
    begun = time.monotonic()
    process = bench.begin(
        [program, f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
         "-loggerLevel=ERROR"], stdout=log.open("a"), stderr=subprocess.STDOUT)
    wait_for(url + "/health", process, log)
    bench.record(what="start after kill -9", store="VictoriaMetrics", seconds=round(time.monotonic() - begun, 2),
                 stored=int(value_of(url, f"sum(count_over_time(air_pm25[{rounds}m]))")))
    end(process)
    shutil.rmtree(folder)


def value_of(url, query, patient=0):
    """The single value of a query; new rows are seen after a while."""
    parameters = urllib.parse.urlencode({"query": query, "nocache": "1"})
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{url}/api/v1/query?{parameters}", timeout=600) as answer:
            result = json.load(answer)["data"]["result"]
        value = float(result[0]["value"][1]) if result else 0.0
        if value >= patient or time.monotonic() > deadline:
            return value
        time.sleep(0.5)
