"""What an operator does with a store: backup, restore, and statistics after a city has changed its measures.

usage: operator_test.py CHENGSHU_BINARY sqlite|postgres
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pg
import server

SKIPPED = 77


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


def main():
    binary, kind = sys.argv[1:3]
    postgres = None
    if kind == "postgres":
        if pg.programs() is None:
            print("no PostgreSQL server program is installed (package postgresql-15)")
            return 1 if os.environ.get("CHENGSHU_REQUIRE_POSTGRES") == "1" else SKIPPED
        postgres = pg.Postgres()

    def store(folder, name):
        settings = []
        if postgres:
            settings = ["store.kind=postgres", "store.postgres=" + postgres.create(name)]
        os.makedirs(os.path.join(folder, name))
        out = server.Server(binary, os.path.join(folder, name), settings, city="cities/beijing")
        out.kind = kind
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
            recounted(one, folder)
        finally:
            if postgres:
                postgres.stop()
    print(f"{kind}: backup, restore and recounting hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
