"""Makes the areas and boundaries of cities/beijing: real districts and streets, schematic outlines below.

District outlines: simplified to about 1 km, WGS 84, schematic. Streets, communities and unit grids are cut out of
them by area; only their codes above the community are real.
"""

import json
import random

import beijing_components
import beijing_offices
from common import ROOT, arguments, gcj02_to_wgs84, read_rows, write_boundaries, write_rows
from pinyin import english
from tiling import SCALE, Tiling, area_of, is_simple, simplify_coverage

CITY = ROOT / "cities/beijing"
OUTLINES = "DataV.GeoAtlas, simplified to about 1 km and converted from GCJ-02 to WGS 84"
DIVISIONS = "National Bureau of Statistics, codes of 2023-06-30"
SCHEMATIC = "generated"
TOLERANCE_M = 1000
# Two districts have a second, smaller ring around the airport; it is one street's.
EXCLAVES = {"110105": "首都机场街道", "110113": "天竺地区"}
DISTRICTS_EN = {
    "110101": "Dongcheng", "110102": "Xicheng", "110105": "Chaoyang", "110106": "Fengtai", "110107": "Shijingshan",
    "110108": "Haidian", "110109": "Mentougou", "110111": "Fangshan", "110112": "Tongzhou", "110113": "Shunyi",
    "110114": "Changping", "110115": "Daxing", "110116": "Huairou", "110117": "Pinggu", "110118": "Miyun",
    "110119": "Yanqing",
}


def read_outlines(data):
    """{district: open integer rings}, simplified once for both sides of every border."""
    shapes = {}
    for feature in json.loads((data / "beijing/districts-gcj02.json").read_text())["features"]:
        rings = []
        for polygon in feature["geometry"]["coordinates"]:
            if len(polygon) > 1:
                raise SystemExit("an outline with a hole: teach the tiling about holes first")
            rings.append([tuple(round(v * SCALE) for v in gcj02_to_wgs84(*point)) for point in polygon[0][:-1]])
        shapes[str(feature["properties"]["adcode"])] = rings
    shapes = simplify_coverage(shapes, TOLERANCE_M)
    broken = [code for code, rings in shapes.items() for ring in rings if not is_simple(ring)]
    if broken:
        raise SystemExit(f"simplified outlines that cross themselves: {broken}")
    return shapes


class Maker:
    """Collects area rows and their rings from the city downwards."""

    def __init__(self):
        self.random = random.Random("beijing")
        self.tiling = Tiling()
        self.rows = []
        self.rings = {}

    def add(self, code, parent, level, names, source, rings, schematic=True):
        self.rows.append({"code": code, "parent": parent, "level": level, "name_zh": names[0], "name_en": names[1],
                          "schematic": str(schematic).lower(), "source": source})
        self.rings[code] = rings

    def weights(self, count):
        return [0.7 + 0.6 * self.random.random() for _ in range(count)]

    def streets(self, district, rings, streets):
        parts = {}
        if len(rings) > 1:
            main, small = sorted(rings, key=lambda ring: -abs(area_of(ring)))
            exclave = next(street["code"] for street in streets if street["name"] == EXCLAVES[district])
            parts[exclave] = [small]
            rings = [main]
        others = [street["code"] for street in streets if street["code"] not in parts]
        parts.update(zip(others, self.tiling.divide(rings, self.weights(len(others)))))
        for street in streets:
            names = (street["name"], english(street["name"]))
            self.add(street["code"], district, "street", names, f"{DIVISIONS}; outline {SCHEMATIC}",
                     parts[street["code"]])
            self.communities(street["code"], names, parts[street["code"]])

    def communities(self, street, names, rings):
        count = self.random.choice((2, 3, 3, 4))
        for number, part in enumerate(self.tiling.divide(rings, self.weights(count)), 1):
            code = f"{street}{number:03d}"
            own = (f"{names[0]}示意社区{number}", f"{names[1]} schematic community {number}")
            self.add(code, street, "community", own, SCHEMATIC, part)
            grids = self.random.choice((2, 2, 3))
            for sequence, grid in enumerate(self.tiling.divide(part, self.weights(grids)), 1):
                self.add(f"{code}{sequence:03d}", code, "grid", (f"{own[0]}网格{sequence:03d}",
                         f"{own[1]} grid {sequence:03d}"), SCHEMATIC, grid)


def make_areas(data):
    outlines = read_outlines(data)
    streets = read_rows(data / "beijing/beijing_streets.csv")
    maker = Maker()
    maker.rows.append({"code": "110000", "level": "city", "name_zh": "北京市", "name_en": "Beijing",
                       "schematic": "true", "source": DIVISIONS})
    for row in read_rows(data / "beijing/beijing_districts.csv"):
        code = row["code"]
        maker.add(code, "110000", "district", (row["name"], DISTRICTS_EN[code] + " District"),
                  f"{DIVISIONS}; outline {OUTLINES}", outlines[code])
        maker.streets(code, outlines[code], [s for s in streets if s["areaCode"] == code])
    return maker


def check_tiling(maker):
    """Children must fill their parent exactly, and no ring may cross itself."""
    doubled = {code: sum(abs(area_of(maker.tiling.expand(r))) for r in rings) for code, rings in maker.rings.items()}
    filled = {}
    for row in maker.rows:
        if row["code"] in doubled and row.get("parent") in doubled:
            filled[row["parent"]] = filled.get(row["parent"], 0) + doubled[row["code"]]
    wrong = [code for code, total in filled.items() if total != doubled[code]]
    crossed = [code for code, rings in maker.rings.items()
               if not all(is_simple(maker.tiling.expand(ring)) for ring in rings)]
    if wrong or crossed:
        raise SystemExit(f"not filled: {wrong[:5]}; crossing: {crossed[:5]}")


def main():
    data = arguments(__doc__).data
    maker = make_areas(data)
    check_tiling(maker)
    by_level = {}
    for row in maker.rows:
        by_level.setdefault(row["level"], []).append(row)
    print({level: len(rows) for level, rows in by_level.items()})
    write_rows(CITY / "areas.csv", "areas", by_level["city"] + by_level["district"] + by_level["street"])
    write_rows(CITY / "areas-schematic.csv", "areas", by_level["community"] + by_level["grid"])
    for level in ("district", "street", "community", "grid"):
        source = OUTLINES if level == "district" else f"{SCHEMATIC} inside the district outlines ({OUTLINES})"
        write_boundaries(CITY / f"boundaries-{level}.geojson",
                         [(row["code"], maker.tiling.geometry(maker.rings[row["code"]])) for row in by_level[level]],
                         source, "demonstration only, not surveyed", schematic=True)
    rules = beijing_offices.write(CITY, by_level)
    beijing_components.write(CITY, by_level, maker, rules)


if __name__ == "__main__":
    main()
