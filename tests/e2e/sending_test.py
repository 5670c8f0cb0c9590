#!/usr/bin/env python3
"""Runs the examples of docs/observations.md against a real server and a real broker.

usage: sending_test.py BINARY
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from broker import Broker, missing
from ingest_kill9_test import ROOT, request, station
from server import SOURCE, Server, wait_until

SKIPPED = 77


def examples():
    """The shell blocks of the page, in order."""
    text = (SOURCE / "docs/observations.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(example, environment):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", example], env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{example}\nended with {done.returncode}: {done.stdout}{done.stderr}")
    return [json.loads(part) for part in re.findall(r"\{.*?\]\}", done.stdout)]


def main():
    binary = sys.argv[1]
    if missing():
        print(missing())
        return 1 if os.environ.get("CHENGSHU_REQUIRE_MOSQUITTO") == "1" else SKIPPED
    with tempfile.TemporaryDirectory(prefix="chengshu-sending-") as folder:
        broker = Broker(folder)
        token_file = os.path.join(folder, "token")
        server = Server(binary, folder, [f"mqtt.url=mqtt://127.0.0.1:{broker.port}", f"mqtt.token_file={token_file}",
                                         "mqtt.publish=Observations"])
        try:
            server.set_up()
            token = server.token("shift_leader")
            pathlib.Path(token_file).write_text(token, encoding="ascii")
            server.start()
            thing = station("GATE-7", 2)
            thing["Datastreams"][0]["name"] = "pm25"
            thing["Datastreams"][1]["name"] = "state"
            status, text = request(server.port, token, "POST", ROOT + "/Things", json.dumps(thing),
                                   {"Content-Type": "application/json"})
            assert status == 201, f"{status} {text[:500]}"

            def count():
                status, text = request(server.port, token, "GET", ROOT + "/Observations?$count=true&$top=1")
                assert status == 200, text
                return json.loads(text)["@iot.count"]

            environment = {"SERVER": f"http://127.0.0.1:{server.port}", "TOKEN": token, "BROKER": str(broker.port)}
            ndjson, lines, mistakes, again, mqtt, told = examples()
            assert [part["accepted"] for part in run(ndjson, environment)] == [2]
            assert [part["accepted"] for part in run(lines, environment)] == [3]
            report = run(mistakes, environment)[0]
            assert report["accepted"] == 1 and report["errors"][0]["row"] == 2, report
            first, second = run(again, environment)
            assert not first["repeated"] and second["repeated"] and first["first_id"] == second["first_id"], (first, second)
            assert count() == 6, count()
            # What we publish of the new observation shows that the message went the whole way.
            listener = subprocess.Popen(
                ["mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "v1.1/Observations", "-C", "1",
                 "-W", "60"], stdout=subprocess.PIPE, text=True)
            run(mqtt, environment)
            wait_until(lambda: count() >= 7, 60, "the message is stored")
            # The subscription may have come too late for the first one.
            while listener.poll() is None:
                run(mqtt, environment)
                try:
                    listener.wait(1)
                except subprocess.TimeoutExpired:
                    pass
            published = json.loads(listener.stdout.read())
            assert published["result"] == 38 and published["@iot.id"] >= 7, published
            run(told, environment)
            server.stop()
            return 0
        finally:
            if server._process is not None:
                server.kill()
            broker.stop()


if __name__ == "__main__":
    sys.exit(main())
