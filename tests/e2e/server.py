"""Starts and ends a real chengshu server on free ports, with its data in a temporary folder."""

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds; a sanitized build on a busy machine is slow


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Client:
    """One connection that is kept. An OSError or HTTPException means: nobody knows what became of the request."""

    def __init__(self, port, token="", timeout=60):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._token = token

    def call(self, method, path, body=None, key=None):
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        if key:
            headers["Idempotency-Key"] = key
        text = None
        if body is not None:
            text = json.dumps(body)
            headers["Content-Type"] = "application/json"
        self._connection.request(method, "/api/v1" + path, text, headers)
        got = self._connection.getresponse()
        return Reply(got.status, got.headers, got.read())

    def close(self):
        self._connection.close()


class Server:
    def __init__(self, binary, folder, settings=(), city="cities/baltimore"):
        self.binary = str(pathlib.Path(binary).resolve())
        self.data = os.path.join(folder, "data")
        self._settings = [part for item in settings for part in ("--set", item)]
        self._city = city
        self._process = None
        self._errors = None
        self.port = 0
        self.monitor_port = 0

    def run(self, *arguments, check=True):
        """An operator's command on this data folder; gives what it prints."""
        command = [self.binary, *arguments, "--data", self.data, "--language", "en", *self._settings]
        done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=600, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def refusal(self, *arguments):
        """What a command says that must fail."""
        done = subprocess.run([self.binary, *arguments, "--data", self.data, "--language", "en", *self._settings],
                              cwd=SOURCE, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def set_up(self):
        self.run("init")
        self.run("city", "load", self._city)

    def token(self, login):
        return self.run("account", "token", login, "--label", "e2e").split()[-1]

    def start(self):
        self._errors = open(self.data + ".stderr", "ab")
        self._process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data, "--language", "en", *self._settings,
             "--set", "http.port=0", "--set", "monitor.port=0"],
            cwd=SOURCE, stdout=subprocess.PIPE, stderr=self._errors, text=True)
        # A server that never says where it is must not hang the test.
        guard = threading.Timer(PATIENCE, self._process.kill)
        guard.start()
        line = self._process.stdout.readline()
        guard.cancel()
        ports = re.findall(r"://[^:/]+:(\d+)/", line)
        if len(ports) != 2:
            raise AssertionError(f"the server did not start: {line!r}\n{self.errors()}")
        self.port, self.monitor_port = map(int, ports)

    def client(self, token="", timeout=60):
        return Client(self.port, token, timeout)

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._close()

    def stop(self):
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError("the server does not stop") from None
        finally:
            self._close()
        if code != 0:
            raise AssertionError(f"the server ended with {code}:\n{self.errors()}")

    def errors(self):
        return pathlib.Path(self.data + ".stderr").read_text(errors="replace")[-4000:]

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def _close(self):
        self._process.stdout.close()
        self._process = None
        self._errors.close()


def pages(client, path):
    """Every item of a list, page by page."""
    cursor, separator = "", "&" if "?" in path else "?"
    while True:
        reply = client.call("GET", f"{path}{separator}limit=100{'&cursor=' + cursor if cursor else ''}")
        if reply.status != 200:
            raise AssertionError(f"GET {path}: {reply.status} {reply.body[:500]}")
        page = reply.json()
        yield from page["items"]
        cursor = page.get("next_cursor") or page.get("next") or ""
        if not cursor:
            return


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
