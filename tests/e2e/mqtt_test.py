#!/usr/bin/env python3
"""SensorThings over MQTT (18-088, 14) through a real mosquitto, with clients that are not ours: one test for each
requirement class that the server declares for it.

usage: mqtt_test.py BINARY
"""

import json
import os
import pathlib
import sys
import tempfile

from broker import Broker, Subscriber, make_certificates, missing
from ingest_kill9_test import ROOT, request, station
from server import Server, wait_until

SKIPPED = 77
CLASSES = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CREATES = CLASSES + "create-observations-via-mqtt/observations-creation"
TELLS = CLASSES + "receive-updates-via-mqtt/receive-updates"
TELLING = ["log_dest topic", "log_type subscribe"]

# What is changed of an entity: its set, a body for PATCH, and the topics at which it is also to be found.
CHANGES = [
    ("Things", {"name": "b"}, ["Datastreams(1)/Thing", "Observations(1)/Datastream/Thing", "HistoricalLocations(1)/Thing"],
     ["Locations(1)/Things"]),
    ("Locations", {"description": "b"}, [], ["Things(1)/Locations", "Datastreams(1)/Thing/Locations"]),
    ("HistoricalLocations", {"time": "2020-01-01T00:00:00Z"}, [],
     ["Things(1)/HistoricalLocations", "Locations(1)/HistoricalLocations"]),
    ("Sensors", {"metadata": "b"}, ["Datastreams(1)/Sensor", "Observations(1)/Datastream/Sensor"], []),
    ("ObservedProperties", {"definition": "https://example.org/b"},
     ["Datastreams(1)/ObservedProperty", "Observations(1)/Datastream/ObservedProperty"], []),
    ("Datastreams", {"unitOfMeasurement": {"name": "b", "symbol": "b", "definition": "b"}},
     ["Observations(1)/Datastream"],
     ["Things(1)/Datastreams", "Sensors(1)/Datastreams", "ObservedProperties(1)/Datastreams",
      "HistoricalLocations(1)/Thing/Datastreams"]),
    ("FeaturesOfInterest", {"description": "b"}, ["Observations(1)/FeatureOfInterest"], []),
    ("Observations", {"result": 8}, [], ["Datastreams(1)/Observations", "FeaturesOfInterest(1)/Observations"]),
]


class World:
    def __init__(self, binary, folder, more=(), settings=(), url="mqtt://127.0.0.1"):
        os.makedirs(folder, exist_ok=True)
        self.broker = Broker(folder, more)
        token_file = os.path.join(folder, "token")
        self.server = Server(binary, folder, [f"mqtt.url={url}:{self.broker.port}", f"mqtt.token_file={token_file}",
                                              *settings])
        self.server.set_up()
        self.token = self.server.token("administrator")
        pathlib.Path(token_file).write_text(self.server.token("shift_leader"), encoding="ascii")
        self.server.start()

    def ask(self, method, target, body=None, root=ROOT):
        status, text = request(self.server.port, self.token, method, root + target,
                               None if body is None else json.dumps(body),
                               {"Content-Type": "application/json"})
        assert 200 <= status < 300, f"{method} {target}: {status} {text[:500]}"
        return json.loads(text) if text else None

    def get(self, topic):
        """What a topic names, beginning with the version."""
        return self.ask("GET", "/" + topic, root=ROOT.rsplit("/", 1)[0])

    def metric(self, name):
        _, text = request(self.server.monitor_port, "", "GET", "/metrics")
        return next(int(line.split()[1]) for line in text.decode().splitlines() if line.startswith(name + " "))

    def settings(self):
        return self.ask("GET", "/")["serverSettings"]

    def stop(self):
        self.server.stop()

    def kill(self):
        if self.server._process is not None:
            self.server.kill()
        self.broker.stop()


def creates(world):
    """14.1: a message to a set of observations makes one."""
    def count():
        return world.ask("GET", "/Observations?$count=true&$top=0")["@iot.count"]

    before = count()
    world.broker.publish("v1.1/Datastreams(1)/Observations", json.dumps(
        {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 38, "parameters": {"a": 1}}))
    world.broker.publish("v1.1/Observations", json.dumps(
        {"phenomenonTime": "2026-01-01T00:01:00Z", "result": 39, "Datastream": {"@iot.id": 1}}))
    world.broker.publish("v1.0/Datastreams(1)/Observations", json.dumps(
        {"phenomenonTime": "2026-01-01T00:02:00Z", "result": 40,
         "FeatureOfInterest": {"name": "own", "description": "own", "encodingType": "application/vnd.geo+json",
                               "feature": {"type": "Point", "coordinates": [-76.6, 39.3]}}}))
    world.broker.publish("v1.1/Datastreams(99)/Observations", '{"result": 1}')
    world.broker.publish("v1.1/Datastreams(1)/Observations", "{")
    wait_until(lambda: count() == before + 3 and world.metric("chengshu_mqtt_rejected_total") == 2, 60, "3 made, 2 refused")
    rows = world.ask("GET", "/Datastreams(1)/Observations?$filter=result gt 37&$orderby=result desc&$expand=FeatureOfInterest"
                     .replace(" ", "%20"))["value"]
    assert [row["result"] for row in rows] == [40, 39, 38], rows
    assert rows[0]["FeatureOfInterest"]["name"] == "own" and rows[2]["parameters"] == {"a": 1}, rows


def tells(world):
    """14.2: subscribers of a set, an entity, a property and a set with $select are told of every creation and change."""
    plain, selected = set(), set()
    for kind, change, alone, sets in CHANGES:
        name = next(iter(change))
        for version in ("v1.1", "v1.0"):
            plain |= {f"{version}/{path}" for path in [kind, f"{kind}(1)", f"{kind}(1)/{name}", *alone, *sets]}
        selected |= {f"v1.1/{kind}?$select={name}", f"v1.0/{kind}?$select=id,{name}"}
    subscriber = Subscriber(world.broker, sorted(plain | selected))
    wait_until(lambda: world.metric("chengshu_mqtt_subscribed_topics") == len(plain | selected), 60, "the topics are known")

    for kind, change, alone, sets in CHANGES:
        subscriber.drain()
        world.ask("PATCH", f"/{kind}(1)", change)
        name = next(iter(change))
        wanted = {f"v1.1/{kind}?$select={name}": change, f"v1.0/{kind}?$select=id,{name}": {"@iot.id": 1, **change}}
        for version in ("v1.1", "v1.0"):
            entity = world.get(f"{version}/{kind}(1)")
            wanted |= {f"{version}/{path}": entity for path in [kind, f"{kind}(1)", *alone, *sets]}
            wanted[f"{version}/{kind}(1)/{name}"] = change
        told = subscriber.take(wanted)
        for topic, expected in wanted.items():
            compare(json.loads(told[topic]), expected, topic)

    # What is new is told to the sets: by HTTP with everything that comes along, and by MQTT.
    subscriber.drain()
    made = station("GATE-8", 1)
    world.ask("POST", "/Things", made)
    sets = ["Things", "Locations", "HistoricalLocations", "Sensors", "ObservedProperties", "Datastreams"]
    for topic, payload in subscriber.take([f"v1.1/{kind}" for kind in sets]).items():
        told = json.loads(payload)
        compare(told, world.get(f"{topic}({told['@iot.id']})"), topic)
    subscriber.drain()
    world.broker.publish("v1.1/Datastreams(1)/Observations", '{"result": 41, "parameters": {"ours": true}}')
    told = json.loads(subscriber.take(["v1.1/Observations"])["v1.1/Observations"])
    compare(told, world.get(f"v1.1/Observations({told['@iot.id']})"), "v1.1/Observations")
    assert told["result"] == 41, told
    subscriber.stop()


def compare(told, expected, topic):
    """A message has links without the server's address: it does not know how its reader reaches it."""
    def bare(value):
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items()}
        return value[value.index("/sensorthings/"):] if isinstance(value, str) and "/sensorthings/" in value else value
    assert bare(told) == bare(expected), f"{topic}: {told} is not {expected}"


REQUIREMENTS = {CREATES: creates, TELLS: tells}


def check_conformance(binary, folder):
    world = World(binary, folder, TELLING)
    try:
        thing = station("GATE-7", 1)
        world.ask("POST", "/Things", thing)
        world.ask("POST", "/Datastreams(1)/Observations", {"result": 5})
        wait_until(lambda: TELLS in world.settings()["conformance"], 60, "the broker tells of subscriptions")
        settings = world.settings()
        assert {name for name in settings["conformance"] if "mqtt" in name} == set(REQUIREMENTS), settings
        for name, test in REQUIREMENTS.items():
            assert settings[name]["endpoints"] == [f"mqtt://127.0.0.1:{world.broker.port}"], settings
            test(world)
        assert world.metric("chengshu_mqtt_connected") == 1
        assert world.metric("chengshu_mqtt_published_total") > 0
        assert world.metric("chengshu_ingest_rows_total") > 0
        world.stop()
    finally:
        world.kill()


def check_broker_that_tells_nothing(binary, folder):
    """Such a broker refuses or is silent: the class is not declared, and what is listed is published."""
    acl = os.path.join(folder + ".acl")
    pathlib.Path(acl).write_text("topic readwrite v1.1/#\ntopic readwrite v1.0/#\n", encoding="ascii")
    world = World(binary, folder, [f"acl_file {acl}"],
                  ["mqtt.publish=Observations Observations?$select=result subscribed",
                   "mqtt.public_url=mqtts://city.example"])
    try:
        world.ask("POST", "/Things", station("GATE-7", 1))
        subscriber = Subscriber(world.broker, ["v1.1/Observations", "v1.1/Datastreams(1)/Observations?$select=result",
                                               "v1.1/Things"], "mqttv5")
        wait_until(lambda: world.metric("chengshu_mqtt_connected") == 1, 60, "the server is connected")

        # The subscription may come too late for the first ones.
        def told():
            world.ask("POST", "/Datastreams(1)/Observations", {"result": 5})
            try:
                return subscriber.take(["v1.1/Observations", "v1.1/Datastreams(1)/Observations?$select=result"], 1)
            except AssertionError:
                return None
        wait_until(told, 60, "observations are published")
        world.ask("PATCH", "/Things(1)", {"name": "b"})
        settings = world.settings()
        assert CREATES in settings["conformance"] and TELLS not in settings["conformance"], settings
        assert settings[CREATES]["endpoints"] == ["mqtts://city.example"], settings
        world.stop()
    finally:
        world.kill()


def check_tls(binary, folder):
    """mqtts, with an authority of our own; a broker that it does not vouch for is not spoken to."""
    os.makedirs(folder)
    make_certificates(folder)
    tls = [f"certfile {folder}/server.pem", f"keyfile {folder}/server.key"]
    world = World(binary, folder, tls, [f"mqtt.ca_file={folder}/ca.pem"], "mqtts://localhost")
    try:
        world.ask("POST", "/Things", station("GATE-7", 1))
        wait_until(lambda: world.metric("chengshu_mqtt_connected") == 1, 60, "the server is connected")
        world.broker.publish("v1.1/Datastreams(1)/Observations", '{"result": 42}', "-h", "localhost", "--cafile",
                             f"{folder}/ca.pem")
        wait_until(lambda: world.metric("chengshu_mqtt_taken_total") == 1, 60, "the observation is stored")
        assert world.ask("GET", "/Observations")["value"][0]["result"] == 42
        world.stop()
    finally:
        world.kill()
    world = World(binary, folder + "2", tls, [], "mqtts://localhost")
    try:
        wait_until(lambda: "mqtt: localhost" in world.server.errors(), 60, "the server says why it does not connect")
        assert "certificate" in world.server.errors(), world.server.errors()
        assert world.metric("chengshu_mqtt_connections_total") == 0
        world.stop()
    finally:
        world.kill()


def main():
    binary = sys.argv[1]
    if missing():
        print(missing())
        return 1 if os.environ.get("CHENGSHU_REQUIRE_MOSQUITTO") == "1" else SKIPPED
    with tempfile.TemporaryDirectory(prefix="chengshu-mqtt-") as folder:
        check_conformance(binary, os.path.join(folder, "telling"))
        check_broker_that_tells_nothing(binary, os.path.join(folder, "silent"))
        check_tls(binary, os.path.join(folder, "tls"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
