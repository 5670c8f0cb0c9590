"""The twelve air stations of cities/beijing: things.csv, streams.csv, sensors.csv, departments-air.csv, posts-air.csv, accounts-air.csv,
responsibilities-air.csv and the readings of one winter.

The readings are rows of UCI dataset 501 (S. Chen, Beijing Multi-Site Air Quality, 2017, CC BY 4.0) as published: local
hour, station, values; `NA` has become an empty field, nothing is filled or rounded.

usage: beijing_air.py --data DIR      (DIR/beijing-air holds stations.csv and one .csv.gz for each station)
"""

import argparse
import csv
import gzip
import pathlib

CITY = pathlib.Path(__file__).resolve().parents[2] / "cities" / "beijing"
FIRST, LAST = (2015, 11, 1), (2016, 2, 29)
SOURCE = "UCI dataset 501, CC BY 4.0"
PLACE = "position: public list of national stations, datum not stated, taken as WGS 84"

COLUMNS = ["PM2.5", "PM10", "SO2", "NO2", "CO", "O3", "TEMP", "PRES", "DEWP", "RAIN", "wd", "WSPM"]
AIR = COLUMNS[:6]

SENSORS = [
    (
        "air-analyser",
        "空气质量自动监测仪",
        "Automatic air analysers",
        "text/plain",
        "Analysers of the national station; makes and models are not published with the data",
        SOURCE,
    ),
    (
        "weather-station",
        "最近的气象站",
        "Nearest weather station",
        "text/plain",
        "Values of the nearest station of the China Meteorological Administration, matched to the air station by the authors "
        "of the dataset: not measured at the station itself, and stations near each other share them",
        SOURCE,
    ),
]


def write(name, header, rows):
    with open(CITY / name, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def stations(folder):
    with open(folder / "stations.csv", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def winter(folder, station):
    with gzip.open(folder / f"{station}.csv.gz", "rt", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            day = tuple(int(row[part]) for part in ("year", "month", "day"))
            if FIRST <= day <= LAST:
                time = f"{day[0]}-{day[1]:02}-{day[2]:02} {int(row['hour']):02}:00"
                yield [station, time] + ["" if row[column] == "NA" else row[column] for column in COLUMNS]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    folder = parser.parse_args().data / "beijing-air"
    found = sorted(stations(folder), key=lambda row: row["cnemc_code"])
    write(
        "departments-air.csv",
        ["code", "parent", "name_zh", "name_en", "uscc", "area", "valid_from", "valid_to", "source"],
        [
            [
                "bj-air",
                "",
                "北京市生态环境监测中心",
                "Beijing Municipal Ecological and Environmental Monitoring Center",
                "",
                "110000",
                "",
                "",
                "named by UCI dataset 501 as the origin of its readings",
            ]
        ],
    )
    # Plans give it tasks, which somebody has to take.
    write(
        "posts-air.csv",
        ["code", "kind", "department", "area", "name_zh", "name_en"],
        [["bj-air-handler", "handler", "bj-air", "110000", "市生态环境监测中心处置员", "Environmental monitoring centre handler"]],
    )
    write(
        "accounts-air.csv",
        ["login", "name_zh", "name_en", "posts"],
        [["bj-air-handler", "演示市生态环境监测中心处置员", "Demo: Environmental monitoring centre handler", "bj-air-handler"]],
    )
    write("sensors.csv", ["code", "name_zh", "name_en", "encoding", "metadata", "source"], SENSORS)
    write(
        "things.csv",
        ["code", "type", "name_zh", "name_en", "lon", "lat", "department", "state", "public", "schematic", "source"],
        [
            [
                row["cnemc_code"],
                "air_station",
                row["station_cn"],
                row["prsa_station"],
                row["longitude"],
                row["latitude"],
                "bj-air",
                "active",
                "true",
                "false",
                f"{SOURCE}; {PLACE}",
            ]
            for row in found
        ],
    )
    write(
        "streams.csv",
        ["thing", "property", "sensor", "interval_s"],
        [
            [row["cnemc_code"], column, "air-analyser" if column in AIR else "weather-station", 3600]
            for row in found
            for column in COLUMNS
        ],
    )
    with open(CITY / "areas.csv", encoding="utf-8") as table:
        districts = [row["code"] for row in csv.DictReader(table) if row["level"] == "district"]
    write(
        "responsibilities-air.csv",
        ["category", "area", "department", "role", "priority", "basis", "valid_from", "valid_to"],
        [
            [category, code, f"{code}-sthj", "lead", 20, "演示权责清单：大气污染由区生态环境局牵头", "", ""]
            for code in districts
            for category in ("GBT47678.5-2026/matter/06090", "GBT30428.2-2013/matter/0690")
        ],
    )
    code = {row["prsa_station"]: row["cnemc_code"] for row in found}
    rows = [[code[row[0]]] + row[1:] for name in code for row in winter(folder, name)]
    (CITY / "data").mkdir(exist_ok=True)
    write("data/air-winter-2015.csv", ["station", "time"] + COLUMNS, rows)
    print(f"{len(rows)} rows of {len(code)} stations")


if __name__ == "__main__":
    main()
