"""Programs that the measurements start: on free ports, and ended whatever happens."""

import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process, log):
    """Until the address answers 200."""
    for _ in range(60_000):
        if process.poll() is not None:
            raise SystemExit("the server ended:\n" + log.read_text())
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.01)
    raise SystemExit(f"{url} does not answer:\n" + log.read_text())


def wait_for_port(port, process, log):
    for _ in range(3_000):
        if process.poll() is not None:
            raise SystemExit("the server ended:\n" + log.read_text())
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"port {port} does not answer:\n" + log.read_text())


def end(process, patience=120):
    """SIGTERM, and SIGKILL when that does not help."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
