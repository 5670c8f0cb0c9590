"""What an operator does with a store: backup, restore, moving it, and statistics after a city has changed its measures.

usage: operator_test.py CHENGSHU_BINARY sqlite|postgres
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import ingest_kill9_test as gateways
import pg
import server

SKIPPED = 77
FIRST = 1_000_000 * gateways.ROWS  # the first value that the gateway sends


def refused(one, *arguments):
    """An operator's command that must end with 1; gives what it says."""
    command = [one.binary, *arguments, "--data", one.data, "--language", "en", *one._settings]
    done = subprocess.run(command, cwd=server.SOURCE, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 1, done
    return done.stdout + done.stderr


def changed_city(folder):
    """The Beijing of the source tree, with a measure that counts something else."""
    root = pathlib.Path(folder) / "changed"
    shutil.copytree(server.SOURCE / "cities" / "beijing", root / "cities" / "beijing")
    shutil.copytree(server.SOURCE / "scenarios", root / "scenarios")
    measures = root / "scenarios" / "city-management" / "evaluation.yaml"
    text = measures.read_text(encoding="utf-8")
    assert "count_if: [mark voided]}" in text
    measures.write_text(text.replace("count_if: [mark voided]}", "count_if: [mark filed]}", 1), encoding="utf-8")
    return str(root / "cities" / "beijing")


def restored(one, again, backup):
    assert "A dry run: nothing was changed" in again.run("restore", backup, "--dry-run")
    told = again.run("restore", backup)
    assert "goes to" in told and "Restored: " in told, told
    assert " 0 differences" in again.run("verify")
    for what in ("cases", "journal"):
        assert again.run("export", what, "-") == one.run("export", what, "-"), what
    assert "already" in refused(again, "restore", backup), "a store that holds something is never written over"


def mistakes(again, folder):
    wrong = os.path.join(folder, "wrong")
    assert "holds no backup" in refused(again, "restore", wrong)
    os.makedirs(wrong)
    archive = pathlib.Path(wrong, "chengshu.db")
    for content in (b"", b"not a backup"):
        archive.write_bytes(content)
        assert "is no backup" in refused(again, "restore", wrong)
    archive.write_bytes(b"SQLite format 3\0" if again.kind == "postgres" else b"PGDMP")
    assert "store.kind is" in refused(again, "restore", wrong)
    if again.kind == "postgres":
        archive.write_bytes(b"PGDMP and no more")
        assert "no archive that can be read" in refused(again, "restore", wrong)


def recounted(one, folder):
    one.run("city", "load", changed_city(folder))
    said = refused(one, "verify")
    found = re.search(r"(\d+) cases and (\d+) statistics cells count by earlier measures", said)
    assert found and int(found[1]) > 100 and int(found[2]) > 10, said
    # Cut off at some moment, as often as it takes; what is done stays done.
    for attempt in range(3):
        command = [one.binary, "verify", "--repair", "--data", one.data, "--language", "en", *one._settings]
        process = subprocess.Popen(command, cwd=server.SOURCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.readline()  # it has said what it will do
        time.sleep(0.02 * attempt)  # the moment is the point: nothing to wait for
        process.send_signal(signal.SIGKILL)
        process.communicate()
    one.run("verify", "--repair")
    assert " 0 differences" in one.run("verify")
    journal = one.run("export", "journal", "-")
    assert "statistics.recounted" in journal
    one.run("verify", "--repair")
    assert one.run("export", "journal", "-") == journal, "nothing to do writes nothing"


def same_content(one, again):
    said = again.run("verify")
    assert said.count(" 0 differences") == 2 and "readings" in said, said
    for what in ("cases", "journal"):
        assert again.run("export", what, "-") == one.run("export", what, "-"), what


def sent_values(port, token):
    """What the gateway has sent and is stored."""
    values = []
    target = (f"{gateways.ROOT}/Observations?$filter=result%20ge%20{FIRST}&$select=result&$resultFormat=dataArray"
              "&$top=1000&$orderby=id")
    while target:
        status, text = gateways.request(port, token, "GET", target)
        assert status == 200, f"{target}: {status} {text[:500]}"
        page = json.loads(text)
        values.extend(int(row[-1]) for part in page["value"] for row in part["dataArray"])
        target = page.get("@iot.nextLink", "")
        target = target[target.find(gateways.ROOT):].replace(" ", "%20") if target else ""
    return values


def readings_in_backup(one, again, folder):
    """Every batch that was acknowledged before a backup began is in it once, while more arrive."""
    token = one.token("bj-shift-leader")
    one.start()
    station = gateways.station("K-1", gateways.STREAMS)
    station["Locations"][0]["location"]["coordinates"] = [116.31, 39.98]
    status, text = gateways.request(one.port, token, "POST", gateways.ROOT + "/Things", json.dumps(station),
                                    {"Content-Type": "application/json"})
    assert status == 201, f"{status} {text[:500]}"
    gateway = gateways.Gateway(1)
    sender = threading.Thread(target=gateway.run, args=(one.port, token))
    sender.start()
    server.wait_until(lambda: len(gateway.acknowledged) >= 5 or gateway.problems, server.PATIENCE, "five batches")
    before = set(gateway.acknowledged)
    backup = os.path.join(folder, "busy")
    one.run("backup", backup)
    meanwhile = len(gateway.acknowledged) - len(before)
    one.kill()
    sender.join()
    assert not gateway.problems, gateway.problems
    again.run("restore", backup)
    said = again.run("verify")
    assert said.count(" 0 differences") == 2, said
    again.start()
    numbers = sent_values(again.port, token)
    again.stop()
    assert len(numbers) == len(set(numbers)), "stored twice"
    stored = {f"g1-{(value - FIRST) // gateways.ROWS}" for value in numbers}
    assert before <= stored <= set(gateway.sent), before - stored
    assert len(numbers) == len(stored) * gateways.ROWS, "a batch is there as a whole"
    print(f"{len(before)} batches before the backup, {meanwhile} acknowledged meanwhile, {len(stored)} in it")


def copied(one, folder, databases):
    """There and back; in use, not empty, cut off."""
    photo = pathlib.Path(one.data, "blobs", "ab", "photo")
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"a photo")
    moved = server.Server(one.binary, os.path.join(folder, "moved"))
    told = one.run("copy", moved.data)
    assert "Copied and compared: " in told and " readings" in told, told
    same_content(one, moved)
    assert pathlib.Path(moved.data, "blobs", "ab", "photo").read_bytes() == b"a photo"
    assert "exists already" in refused(one, "copy", moved.data)
    moved.start()
    assert "in use by another chengshu server" in refused(moved, "copy", os.path.join(folder, "never"))
    moved.stop()
    if databases is None:
        return
    there = databases("there")
    told = moved.run("copy", there.conninfo)
    assert "PostgreSQL there" in told and "Photos stay in" in told, told
    same_content(one, there)
    there.start()
    there.stop()
    assert "holds" in refused(moved, "copy", there.conninfo)
    back = server.Server(one.binary, os.path.join(folder, "back"))
    there.run("copy", back.data)
    same_content(there, back)  # a server that ran may have marked a case overdue
    cut_off(moved, databases)


def cut_off(one, databases):
    """A copy that was killed at some moment is no store, and says what to do."""
    for attempt in range(4):
        target = databases(f"cut{attempt}")
        process = subprocess.Popen([one.binary, "copy", target.conninfo, "--data", one.data], cwd=server.SOURCE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.4 + 0.4 * attempt)  # the moment is the point: nothing to wait for
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            return
        said = refused(target, "verify")
        # Before anything was made, between two steps of the schema, or before the city's commit.
        assert any(words in said for words in ("no store", "has schema", "city")), said


def main():
    binary, kind = sys.argv[1:3]
    postgres = None
    if kind == "postgres":
        if pg.programs() is None:
            print("no PostgreSQL server program is installed (package postgresql-15)")
            return 1 if os.environ.get("CHENGSHU_REQUIRE_POSTGRES") == "1" else SKIPPED
        postgres = pg.Postgres()

    def store(folder, name):
        settings, conninfo = [], None
        if postgres:
            conninfo = postgres.create(name)
            settings = ["store.kind=postgres", "store.postgres=" + conninfo]
        os.makedirs(os.path.join(folder, name))
        out = server.Server(binary, os.path.join(folder, name), settings, city="cities/beijing")
        out.kind, out.conninfo = kind, conninfo
        return out

    with tempfile.TemporaryDirectory(prefix="chengshu-operator-") as folder:
        try:
            one, again = store(folder, "one"), store(folder, "again")
            one.set_up()
            one.run("replay", "cities/beijing", "--reports", "200")
            backup = os.path.join(folder, "backup")
            one.run("backup", backup)
            mistakes(again, folder)
            restored(one, again, backup)
            copied(one, folder, (lambda name: store(folder, name)) if postgres else None)
            readings_in_backup(one, store(folder, "busy-restored"), folder)
            recounted(one, folder)
        finally:
            if postgres:
                postgres.stop()
    print(f"{kind}: backup, restore, copies and recounting hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
