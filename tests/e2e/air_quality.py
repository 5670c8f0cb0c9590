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


def daily(series, day, standard):
    """(AQI, primary pollutants) of a station's day; None when it is not valid."""
    def hours(pollutant, first, count):
        start = day + datetime.timedelta(hours=first)
        found = (series[pollutant].get(start + datetime.timedelta(hours=hour)) for hour in range(count))
        return [value for value in found if value is not None]

    indices = {}
    for pollutant in POLLUTANTS:
        if pollutant == "O3":
            continue
        concentration = mean(hours(pollutant, 0, 24), 20)
        if concentration is not None:
            concentration = rounded(concentration / 1000, 1) if pollutant == "CO" else rounded(concentration)
            indices[pollutant] = index(standard, pollutant, concentration)
    eights = [value for value in (mean(hours("O3", last - 7, 8), 6) for last in range(7, 24)) if value is not None]
    ozone = [index(standard, "O3", rounded(max(eights)))] if len(eights) >= 14 else []
    singles = hours("O3", 0, 24)
    if standard == 2012 and len(singles) >= 20:
        ozone.append(index(standard, "O3 1h", rounded(max(singles))))
    ozone = [value for value in ozone if value is not None]
    if ozone:
        indices["O3"] = max(ozone)
    largest = max(indices.values(), default=None)
    if largest is None or (len(indices) < 6 and largest <= 100):
        return None, []
    return largest, [name for name in POLLUTANTS if largest > 50 and indices.get(name) == largest]


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
