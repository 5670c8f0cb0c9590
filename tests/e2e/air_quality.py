"""The daily air quality index, calculated once more from the file: exact fractions, tables of the two standards."""

import collections
import csv
import datetime
import decimal
import fractions
import math

import server

STEPS = [0, 50, 100, 150, 200, 300, 400, 500]
SAME = {
    "SO2": [0, 50, 150, 475, 800, 1600, 2100, 2620],
    "NO2": [0, 40, 80, 180, 280, 565, 750, 940],
    "CO": [0, 2, 4, 14, 24, 36, 48, 60],
}
TABLES = {
    2012: SAME | {"PM10": [0, 50, 150, 250, 350, 420, 500, 600], "PM2.5": [0, 35, 75, 115, 150, 250, 350, 500],
                  "O3": [0, 100, 160, 215, 265, 800], "O3 1h": [0, 160, 200, 300, 400, 800, 1000, 1200]},
    2026: SAME | {"PM10": [0, 50, 120, 250, 350, 420, 500, 600], "PM2.5": [0, 35, 60, 115, 150, 250, 350, 500],
                  "O3": [0, 100, 160, 215, 265, 800]},
}
POLLUTANTS = ["SO2", "NO2", "CO", "O3", "PM10", "PM2.5"]


def rounded(value, places=0):
    """GB/T 8170: halves to the even digit."""
    exact = decimal.Decimal(value.numerator) / decimal.Decimal(value.denominator)
    return fractions.Fraction(exact.quantize(decimal.Decimal(1).scaleb(-places), decimal.ROUND_HALF_EVEN))


def index(standard, pollutant, concentration):
    points = TABLES[standard][pollutant]
    if concentration > points[-1]:
        if pollutant == "O3":
            return None if standard == 2012 else 300
        return 500
    for low, high, bottom, top in zip(points, points[1:], STEPS, STEPS[1:]):
        if concentration <= high:
            return math.ceil(fractions.Fraction(top - bottom, high - low) * (concentration - low) + bottom)
    raise AssertionError(concentration)


def mean(values, at_least):
    return sum(values, fractions.Fraction(0)) / len(values) if len(values) >= at_least else None


def concentrations(series, day):
    """What a station's day comes to, by pollutant; only what is valid. CO in mg/m³."""
    def hours(pollutant, first, count):
        start = day + datetime.timedelta(hours=first)
        found = (series[pollutant].get(start + datetime.timedelta(hours=hour)) for hour in range(count))
        return [value for value in found if value is not None]

    out = {}
    for pollutant in POLLUTANTS:
        value = mean(hours(pollutant, 0, 24), 20) if pollutant != "O3" else None
        if value is not None:
            out[pollutant] = value / 1000 if pollutant == "CO" else value
    eights = [value for value in (mean(hours("O3", last - 7, 8), 6) for last in range(7, 24)) if value is not None]
    if len(eights) >= 14:
        out["O3"] = max(eights)
    singles = hours("O3", 0, 24)
    if len(singles) >= 20:
        out["O3 1h"] = max(singles)
    return out


def index_of(found, standard):
    """(AQI, primary pollutants) of a day's concentrations; None when it is not valid."""
    indices = {}
    for pollutant in POLLUTANTS:
        if pollutant != "O3" and pollutant in found:
            indices[pollutant] = index(standard, pollutant, rounded(found[pollutant], pollutant == "CO"))
    ozone = [index(standard, "O3", rounded(found["O3"]))] if "O3" in found else []
    if standard == 2012 and "O3 1h" in found:
        ozone.append(index(standard, "O3 1h", rounded(found["O3 1h"])))
    ozone = [value for value in ozone if value is not None]
    if ozone:
        indices["O3"] = max(ozone)
    largest = max(indices.values(), default=None)
    if largest is None or (len(indices) < 6 and largest <= 100):
        return None, []
    return largest, [name for name in POLLUTANTS if largest > 50 and indices.get(name) == largest]


def daily(series, day, standard):
    return index_of(concentrations(series, day), standard)


def city_daily(stations, day, standard):
    """The city's index: of the means of its stations' concentrations."""
    each = [concentrations(series, day) for series in stations.values()]
    means = {}
    for name in POLLUTANTS + ["O3 1h"]:
        values = [found[name] for found in each if name in found]
        if values:
            means[name] = sum(values, fractions.Fraction(0)) / len(values)
    return index_of(means, standard)[0]


def run_of(aqi, day, above):
    """Days in a row, up to this one, on which the index is above a limit."""
    count = 0
    while count <= day and aqi[day - count] is not None and aqi[day - count] > above:
        count += 1
    return count


def grade(rules, aqi, day):
    """The colour that the rules of a year give a day, counting back; 2015, 2018, 2023."""
    heavy, serious = run_of(aqi, day, 200), run_of(aqi, day, 150)
    lately = [value or 0 for value in aqi[max(0, day - 3):day + 1]]
    if rules == 2015:
        return ["none", "blue", "yellow", "orange", "red"][min(heavy, 4)]
    if rules == 2018:
        if (heavy >= 4 and sum(value > 300 for value in lately) >= 2) or (aqi[day] or 0) >= 500:
            return "red"
        return "orange" if heavy >= 3 else "yellow" if heavy >= 2 else "none"
    if heavy >= 3 and any(value > 300 for value in lately[-3:]):
        return "red"
    return "orange" if heavy >= 2 or serious >= 3 else "yellow" if heavy >= 1 or serious >= 2 else "none"


def colours(rules, aqi):
    """The level after each day: a day without a grade ends it only when the index is known to be low enough."""
    low = 150 if rules == 2023 else 200
    level, out = "none", []
    for day, value in enumerate(aqi):
        now = grade(rules, aqi, day)
        if now != "none" or (value is not None and value <= low):
            level = now
        out.append(level)
    return out


def read_file():
    path = server.SOURCE / "cities" / "beijing" / "data" / "air-winter-2015.csv"
    stations = collections.defaultdict(lambda: collections.defaultdict(dict))
    with open(path, encoding="utf-8") as table:
        for row in csv.DictReader(table):
            at = datetime.datetime.strptime(row["time"], "%Y-%m-%d %H:%M")
            for pollutant in POLLUTANTS:
                if row[pollutant]:
                    stations[row["station"]][pollutant][at] = fractions.Fraction(row[pollutant])
    return stations


def values(client, indicator, place, rules):
    path = f"/indicators/{indicator}/values?{place}&from=2015-11-01&to=2016-02-29{rules}"
    reply = client.call("GET", path)
    assert reply.status == 200, (path, reply.body)
    items = reply.json()["items"]
    assert len(items) == 121, len(items)
    return items


def check(client):
    """Every station-day of the winter, by the rules of then and, as what if, by those of 2026."""
    things = {thing["code"]: thing["id"] for thing in client.call("GET", "/things?type=air_station&limit=50").json()["items"]}
    stations = read_file()
    assert set(stations) == set(things), things
    seen = collections.Counter()
    for code, series in stations.items():
        for standard, rules in ((2012, ""), (2026, "&rules=2026-03-01")):
            numbers = values(client, "aqi", f"thing={things[code]}", rules)
            names = values(client, "primary_pollutants", f"thing={things[code]}", rules)
            for day, (number, name) in enumerate(zip(numbers, names)):
                date = datetime.datetime(2015, 11, 1) + datetime.timedelta(days=day)
                expected, primary = daily(series, date, standard)
                assert number.get("value") == expected, (code, date, standard, number, expected)
                assert name.get("names", []) == primary, (code, date, standard, name, primary)
                seen["valid" if expected is not None else "not valid"] += 1
                seen["two primary"] += len(primary) > 1
    assert seen["valid"] > 2000 and seen["not valid"] > 0, seen
    opened(client, things["1001A"])
    seen.update(warnings(client, stations))
    return seen


def warnings(client, stations):
    """Colours of every day under the rules of then and, as what if, of later generations; episodes as they were raised."""
    days = [datetime.datetime(2015, 11, 1) + datetime.timedelta(days=day) for day in range(121)]
    old, new = ([city_daily(stations, day, standard) for day in days] for standard in (2012, 2026))
    seen = collections.Counter()
    for rules, asked, aqi in ((2015, "", old), (2018, "&rules=2019-01-01", old), (2023, "&rules=2026-11-01", new)):
        reply = client.call("GET", f"/rules/heavy-pollution/history?from=2015-11-01&to=2016-02-29{asked}")
        assert reply.status == 200, reply.body
        items = reply.json()["items"]
        expected = colours(rules, aqi)
        assert len(items) == len(expected) == 121, len(items)
        for item, level, day, value in zip(items, expected, days, aqi):
            assert item["level"] == level, (rules, day, value, item, level)
            seen[f"{level} by the rules of {rules}"] += level != "none"
        if rules == 2015:
            then = expected
    # What was raised while the winter went by: one alert for each run of days with a colour.
    episodes, run = [], []
    for day, level in zip(days + [None], then + ["none"]):
        if level != "none":
            run.append((day, level))
        elif run:
            episodes.append(run)
            run = []
    raised = []
    for state in ("false", "true"):
        cursor = ""
        while cursor is not None:
            page = client.call("GET", f"/alerts?open={state}&rule=heavy-pollution&limit=200&cursor={cursor}").json()
            raised += page["items"]
            cursor = page.get("next") or None
    order = ["none", "blue", "yellow", "orange", "red"]
    winter = [alert for alert in raised if alert["since"] < "2016-03-01"]
    got = sorted((alert["since"], alert["peak"]) for alert in winter)
    want = [((run[0][0] - datetime.timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%SZ"),
             max((level for _, level in run), key=order.index)) for run in episodes]
    assert got == want, (got, want)
    responses = [value for state in ("false", "true")
                 for value in client.call("GET", f"/responses?open={state}&limit=200").json()["items"]]
    plans = {value["alert"]: value for value in responses if value["plan"] == "heavy-pollution"}
    assert set(plans) == {alert["id"] for alert in winter}, (sorted(plans), got)
    given = [task for value in plans.values() for task in value["tasks"].values() if "case_id" in task]
    assert given and all(value["timeline"][0]["what"] == "started" for value in plans.values()), plans
    for run, alert in zip(episodes, sorted(winter, key=lambda alert: alert["since"])):
        print(f"episode {run[0][0]:%Y-%m-%d} to {run[-1][0]:%Y-%m-%d}:", " ".join(level for _, level in run))
    seen["episodes"], seen["tasks given as cases"] = len(episodes), len(given)
    return seen


def opened(client, thing):
    """A number opens into what makes it, down to readings, and those make the number."""
    at, place = "2015-12-01T04:00:00Z", f"thing={thing}"
    day = client.call("GET", f"/indicators/pm25_day/inputs?{place}&at={at}").json()
    hours = [item["value"] for item in day["inputs"] if "value" in item]
    assert len(day["inputs"]) == 24 and len(hours) >= 20, day
    hour = client.call("GET", f"/indicators/pm25_hour/inputs?{place}&at={day['inputs'][0]['from']}").json()
    assert [reading["value"] for reading in hour["readings"]] == [hour["value"]], hour
    assert abs(day["value"] - sum(hours) / len(hours)) <= 1, day  # both sides are shown rounded
