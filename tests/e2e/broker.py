"""A private MQTT broker of one test: mosquitto on a free port of this machine."""

import atexit
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import threading
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing():
    """Why there can be no broker here; empty when there can."""
    program = shutil.which("mosquitto") or os.path.exists("/usr/sbin/mosquitto")
    return "" if program and shutil.which("mosquitto_pub") else \
        "no MQTT broker is installed (packages mosquitto, mosquitto-clients)"


class Broker:
    """`listener` and `more` are lines of its configuration."""

    def __init__(self, folder, more=(), host="127.0.0.1"):
        self.port = free_port()
        config = pathlib.Path(folder) / "mosquitto.conf"
        lines = [f"listener {self.port} {host}", "allow_anonymous true", "max_queued_messages 0", *more]
        if os.geteuid() == 0:
            lines.append("user root")
        config.write_text("\n".join(lines) + "\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.stop)
        self._wait()

    def _wait(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the broker does not answer")

    def publish(self, topic, message, *options):
        subprocess.run(["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic,
                        "-m", message, *options], check=True, timeout=60)

    def stop(self):
        self._process.kill()
        self._process.wait()


def make_certificates(folder):
    """An authority of our own, ca.pem, and what it says of localhost: server.pem, server.key."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=120)
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(*new, "-x509", "-days", "2", "-subj", "/CN=authority of a test", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(*new, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (pathlib.Path(folder) / "names").write_text("subjectAltName=DNS:localhost\n", encoding="ascii")
    openssl("x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "server.pem")


class Subscriber:
    """mosquitto_sub for some topics: an MQTT client that is not ours."""

    def __init__(self, broker, topics, version="mqttv311"):
        command = ["mosquitto_sub", "-V", version, "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1", "-F", "%t\t%p"]
        for topic in topics:
            command += ["-t", topic]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.stop)  # whatever a test forgets: nobody waits for an orphan
        self._messages = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._messages.put(tuple(line.rstrip("\n").split("\t", 1)))

    def take(self, topics, seconds=60):
        """The last message at each of these topics, once all have one."""
        found = {}
        end = time.monotonic() + seconds
        while set(topics) - set(found):
            try:
                topic, payload = self._messages.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"nothing came at {sorted(set(topics) - set(found))}") from None
            found[topic] = payload
        return {topic: found[topic] for topic in topics}

    def drain(self):
        while not self._messages.empty():
            self._messages.get()

    def stop(self):
        self._process.kill()
        self._process.wait()
