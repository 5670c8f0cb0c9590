#!/usr/bin/env python3
"""A citizens' app that knows Open311 and nothing of Chengshu: lists services, files a request with a photo, follows it
and exchanges updates, in XML and in JSON. What the city does in between, it does through its own interface.

usage: open311_test.py BINARY
"""

import json
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

from server import Server

NS_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
PLACE = {"lat": "40.7484", "long": "-73.9857"}  # in Manhattan

# One pixel, with the markers that make it a whole JPEG.
JPEG = bytes.fromhex("ffd8ffc0000b080001000101011100ffda0008010100003f0000ffd9")


class Open311:
    def __init__(self, server_url, key=None):
        self._key = key
        discovery = self._xml("GET", server_url + "/open311/v2/discovery.xml")
        endpoints = [node for node in discovery.iter("endpoint") if node.findtext("specification") == NS_SPECIFICATION]
        assert endpoints, "discovery names no GeoReport v2 endpoint"
        formats = [node.text for node in endpoints[0].iter("format")]
        assert "text/xml" in formats and "application/json" in formats, formats
        self.url = endpoints[0].findtext("url")

    def services(self):
        return [{field.tag: field.text for field in node} for node in self._get("services")]

    def definition(self, code):
        return self._get(f"services/{urllib.parse.quote(code)}")

    def file(self, form, photos=()):
        body, content_type = multipart({"api_key": self._key, **form}, photos)
        answer = self._xml("POST", self.url + "/requests.xml", body, content_type)
        assert answer.tag == "service_requests", answer.tag
        return answer.find("request").findtext("service_request_id")

    def request(self, number):
        answer = self._get(f"requests/{number}")
        assert answer.tag == "service_requests" and len(answer) == 1, ElementTree.tostring(answer)
        in_xml = {field.tag: field.text for field in answer[0]}
        in_json = self.json(f"requests/{number}")[0]
        for name, value in in_json.items():
            assert str(value) == str(in_xml[name]), (name, value, in_xml[name])
        return in_xml

    def updates(self, **window):
        answer = self._get("servicerequestupdates", **window)
        assert answer.tag == "service_request_updates", answer.tag
        return [{field.tag: field.text for field in node} for node in answer]

    def post_update(self, **form):
        body = urllib.parse.urlencode({"api_key": self._key, **form}).encode()
        answer = self._xml("POST", self.url + "/servicerequestupdates.xml", body, "application/x-www-form-urlencoded")
        return answer.find("request_update").findtext("update_id")

    def json(self, path, **query):
        reply = self._send("GET", f"{self.url}/{path}.json?{urllib.parse.urlencode(query)}")
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8", reply.headers["Content-Type"]
        return json.loads(reply.read())

    def refusal(self, method, path, form=None):
        """Status and descriptions of a request that must fail."""
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            self._send(method, f"{self.url}/{path}", body, "application/x-www-form-urlencoded")
        except urllib.error.HTTPError as error:
            root = ElementTree.fromstring(error.read())
            assert root.tag == "errors" and root.find("error").findtext("code") == str(error.code), error.code
            return error.code, [node.findtext("description") for node in root]
        raise AssertionError(f"{method} {path} was not refused")

    def _get(self, path, **query):
        return self._xml("GET", f"{self.url}/{path}.xml?{urllib.parse.urlencode(query)}")

    def _xml(self, method, url, body=None, content_type=None):
        reply = self._send(method, url, body, content_type)
        assert reply.headers["Content-Type"] == "text/xml; charset=utf-8", reply.headers["Content-Type"]
        return ElementTree.fromstring(reply.read())

    @staticmethod
    def _send(method, url, body=None, content_type=None):
        request = urllib.request.Request(url, data=body, method=method)
        if content_type:
            request.add_header("Content-Type", content_type)
        return urllib.request.urlopen(request, timeout=60)


def multipart(form, photos):
    boundary = "open311-e2e-boundary"
    parts = []
    for name, value in form.items():
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for index, photo in enumerate(photos, 1):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="photo{index}"; filename="{index}.jpeg"\r\n'
        parts.append(head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + photo + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def case_of(city, category):
    """What the city's own staff sees of the newest case of a category."""
    items = city.call("GET", f"/cases?category={category}&limit=1").json()["items"]
    return city.call("GET", f"/cases/{items[0]['id']}").json()


def step(city, case, action, **inputs):
    reply = city.call("POST", f"/cases/{case}/transitions", {"action": action, **inputs})
    assert reply.status == 200, (action, reply.status, reply.body)


def check_loop(app, leader):
    services = {service["service_code"]: service for service in app.services()}
    code = "abandoned-vehicle"
    assert services[code]["service_name"] == "Abandoned Vehicle" and services[code]["type"] == "realtime"
    assert app.definition(code).findtext("service_code") == code
    description = "Red car without plates"
    form = {**PLACE, "service_code": code, "description": description, "first_name": "Ann", "last_name": "Lee",
            "email": "ann@app.example", "phone": "+1 212 555 0100", "attribute[fixmystreet_id]": "4711"}
    number = app.file(form, [JPEG])
    assert app.file(form, [JPEG]) == number, "sent again, it is the same request"
    request = app.request(number)
    assert request["status"] == "open" and request["service_code"] == code, request
    assert request["agency_responsible"], request
    assert float(request["lat"]) == float(PLACE["lat"]) and float(request["long"]) == float(PLACE["long"])
    case = case_of(leader, f"NYC311/request/{code}")
    assert description in case["description"] and len(case["attachments"]) == 1, case
    assert app.post_update(service_request_id=number, update_id="1", status="OPEN", description="It leaks oil")
    timeline = leader.call("GET", f"/cases/{case['id']}/timeline").body.decode()
    assert "It leaks oil" in timeline and "ann@app.example" not in timeline
    step(leader, case["id"], "force_close", reason="towed away")
    request = app.request(number)
    assert request["status"] == "closed", request
    start = request["requested_datetime"]
    updates = [item for item in app.updates(start_date=start) if item["service_request_id"] == number]
    assert updates and updates[-1]["status"] == "CLOSED" and updates[-1]["updated_datetime"] >= start, updates
    back = app.post_update(service_request_id=number, update_id="2", status="REOPEN", description="It is still there")
    assert app.request(number)["status"] == "open"
    assert back in [item["update_id"] for item in app.updates(start_date=start)], "its own update is in the list"
    assert [item["service_request_id"] for item in app.json("requests", status="open")] == [number]
    for path in ("requests", "servicerequestupdates"):
        assert "Ann" not in json.dumps(app.json(path)) and "555 0100" not in json.dumps(app.json(path))


def check_refusals(app):
    code, words = app.refusal("POST", "requests.xml", {"service_code": "abandoned-vehicle", **PLACE})
    assert code == 403 and "api_key" in words[0], words
    assert app.refusal("POST", "requests.xml", {"api_key": "wrong", **PLACE})[0] == 403
    assert app.refusal("GET", "requests/999999.xml")[0] == 404
    assert app.refusal("GET", "services/no-such-service.xml")[0] == 404
    assert app.refusal("GET", "services.html")[0] == 404
    assert app.refusal("GET", "requests.xml?status=lost")[0] == 400
    assert app.refusal("GET", "services.xml?jurisdiction_id=elsewhere")[0] == 404


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(sys.argv[1], folder, city="cities/newyork")
        server.set_up()
        key = server.token("acceptor")
        leader = server.token("shift_leader")
        server.start()
        try:
            app = Open311(f"http://127.0.0.1:{server.port}", key)
            check_loop(app, server.client(leader))
            check_refusals(app)
        finally:
            server.stop()
        server.run("verify")
    print("an Open311 client filed, followed and updated a request")


if __name__ == "__main__":
    main()
