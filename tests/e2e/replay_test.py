"""Real and generated days through the whole loop, and what an operator does with a data folder.

usage: replay_test.py CHENGSHU_BINARY
"""

import csv
import os
import re
import subprocess
import sys
import tempfile

import air_quality
import server


def agreement(printed, what):
    found = re.search(rf"^\s+{re.escape(what)}\s+(\d+)/(\d+) = ", printed, re.MULTILINE)
    assert found, f"no line for {what} in:\n{printed}"
    return int(found[1]), int(found[2])


def at_least(printed, what, share):
    agree, of = agreement(printed, what)
    assert of > 0 and agree >= share * of, f"{what}: {agree} of {of}, promised {share}"


def replayed(binary, folder, city, *options):
    one = server.Server(binary, os.path.join(folder, city.replace("/", "-") + str(len(options))), city=city)
    os.makedirs(os.path.dirname(one.data), exist_ok=True)
    one.set_up()
    printed = one.run("replay", city, *options)
    checked = one.run("verify")
    assert " 0 differences" in checked, checked
    assert "steps were refused" not in printed, printed
    return one, printed


def new_york(binary, folder):
    _, printed = replayed(binary, folder, "cities/newyork")
    assert "3694 real records → 3694 cases; closed 3200" in printed, printed
    at_least(printed, "department by the responsibility list at once", 0.99)
    at_least(printed, "top-level area from coordinates", 0.999)
    at_least(printed, "lower-level area from coordinates", 0.97)
    at_least(printed, "department", 1)
    at_least(printed, "closed or not", 1)


def baltimore(binary, folder):
    _, printed = replayed(binary, folder, "cities/baltimore")
    at_least(printed, "due time", 1)
    at_least(printed, "overdue or not", 1)
    at_least(printed, "closed or not", 1)


def beijing(binary, folder):
    one, printed = replayed(binary, folder, "cities/beijing", "--reports", "600")
    assert "no real reports" in printed, printed
    winter(one, printed)
    token = one.token("bj-leader")
    one.start()
    print("daily air quality index:", dict(air_quality.check(one.client(token))))
    one.stop()
    return one


def winter(one, printed):
    """Twelve stations, every hour of the file, every gap a gap; what the file says is counted here once more."""
    path = server.SOURCE / "cities" / "beijing" / "data" / "air-winter-2015.csv"
    expected = {}
    with open(path, encoding="utf-8") as table:
        for row in csv.reader(table):
            if row[0] != "station":
                totals = expected.setdefault(row[0], [0, 0, 0])
                totals[0] += 1
                totals[1] += sum(1 for value in row[2:] if value)
                totals[2] += sum(1 for value in row[2:] if not value)
    assert len(expected) == 12, expected
    for code, (rows, readings, missing) in expected.items():
        found = re.search(rf"^  {code} +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", printed, re.MULTILINE)
        assert found, printed
        numbers = [int(number) for number in found.groups()]
        assert numbers[:3] == [rows, readings, missing], (code, numbers, expected[code])
        assert numbers[4] == readings and numbers[5] == numbers[3] > 0, (code, numbers)
    assert "The store holds what the file says, gaps included" in printed, printed
    total = sum(readings for _, readings, _ in expected.values())
    assert f"{total} real readings stored (0 were there already)" in printed, printed
    alarms = re.search(r"^Alarms: (\d+) opened a case, (\d+) while an earlier one was open, 0 refused, (\d+) cleared$", printed, re.MULTILINE)
    assert alarms and int(alarms[1]) > 50, printed
    again = one.run("replay", "cities/beijing", "--reports", "1")
    assert f"0 real readings stored ({total} were there already)" in again, again
    assert "Alarms: 0 opened a case, 0 while" in again, again


def haidian_totals(binary, folder):
    """A hundredth of a hundredth of Haidian's year keeps its source mix and closed share exactly."""
    _, printed = replayed(binary, folder, "cities/beijing", "--reports", "2041", "--days", "365", "--distinct", "--no-readings")
    counts = {name: (int(reported), int(closed)) for name, reported, closed in re.findall(r"^  (\w+)\s+(\d+) / (\d+)$", printed, re.MULTILINE)}
    published = {"collector": 1724904, "evaluation": 311213, "satellite": 1505, "video": 1583, "iot": 1347}
    total = sum(published.values())
    for source, count in published.items():
        assert abs(counts[source][0] - count * 2041 / total) < 1, (source, counts)
    assert sum(reported for reported, _ in counts.values()) == 2041, counts
    closed = sum(closed for _, closed in counts.values())
    assert abs(closed - 2041 * 1857530 / total) < 1, closed


def backup_and_restore(binary, folder, one):
    copy = os.path.join(folder, "copy")
    one.run("backup", copy)
    again = server.Server(binary, os.path.join(folder, "again"))
    os.makedirs(os.path.dirname(again.data), exist_ok=True)
    again.run("restore", copy)
    assert " 0 differences" in again.run("verify")
    assert again.run("export", "cases", "-") == one.run("export", "cases", "-")
    refused = subprocess.run([one.binary, "restore", copy, "--data", again.data], capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "holds a store already" in refused.stderr, refused


def settings(one):
    with open(server.SOURCE / "docs" / "settings.md", encoding="utf-8") as page:
        printed = subprocess.run([one.binary, "config", "reference"], capture_output=True, text=True, check=True).stdout
        assert page.read() == printed, "docs/settings.md differs from `chengshu config reference`"
    for language, said in (("en", "did you mean http.port?"), ("zh", "没有设置项“http.prt”（--set），是否指 http.port？")):
        wrong = subprocess.run([one.binary, "config", "show", "--data", one.data, "--set", "http.prt=1", "--language", language],
                               capture_output=True, text=True, check=False)
        assert wrong.returncode == 1 and said in wrong.stderr, wrong
    assert "http.port" in one.run("config", "show")
    page = (server.SOURCE / "docs" / "workflows.md").read_text(encoding="utf-8")
    for city, workflow in (("beijing", "standard"), ("beijing", "direct"), ("newyork", "request")):
        drawn = one.run("city", "diagram", f"cities/{city}", workflow)
        assert drawn.startswith("stateDiagram-v2") and drawn in page, f"docs/workflows.md: {workflow} is drawn anew"


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        new_york(binary, folder)
        baltimore(binary, folder)
        one = beijing(binary, folder)
        haidian_totals(binary, folder)
        backup_and_restore(binary, folder, one)
        settings(one)
    print("replay, verify, backup, restore and settings hold")


if __name__ == "__main__":
    main()
