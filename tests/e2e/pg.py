"""A private PostgreSQL of one test: own folder, own socket, gone with it."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time


def programs():
    """The folder of the newest initdb and postgres, or None."""
    def version(path):
        found = re.search(r"/postgresql/(\d+)/", str(path))
        return int(found.group(1)) if found else 0

    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=version)
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return pathlib.Path(initdb).parent if initdb else None


class Postgres:
    def __init__(self):
        self._bin = programs()
        self._folder = tempfile.mkdtemp(prefix="chengshu-pg-")
        self._user = {}
        if os.geteuid() == 0:  # the server refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            self._user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self._run("initdb", "-D", self._folder + "/data", "-U", "chengshu", "-E", "UTF8", "--locale=C.UTF-8",
                  "--auth=trust", "--no-sync")
        self._server = subprocess.Popen(
            [str(self._bin / "postgres"), "-D", self._folder + "/data", "-k", self._folder, "-c", "listen_addresses=",
             "-c", "logging_collector=off", "-c", "log_min_messages=fatal"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder, **self._user)
        for _ in range(600):
            if self._run("pg_isready", "-h", self._folder, "-q", check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("PostgreSQL does not answer")
        self.conninfo = self.create("city")

    def create(self, name):
        """An empty database; gives its connection string."""
        self._run("createdb", "-h", self._folder, "-U", "chengshu", name)
        return f"host={self._folder} user=chengshu dbname={name}"

    def _run(self, program, *arguments, check=True):
        return subprocess.run([str(self._bin / program), *arguments], check=check, capture_output=True, text=True,
                              cwd=self._folder, **self._user)

    def stop(self):
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
