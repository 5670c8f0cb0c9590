"""Generated components (部件) of cities/beijing: codes of the real form in places that are not real."""

import collections
import random

from beijing_offices import HAIDIAN, NEW, OLD
from common import contains, write_rows

COUNT = 3000
HAIDIAN_SHARE = 0.5
OLD_SHARE = 0.2
# 2026 number: how often; all of them exist in 2013 as well
KINDS = {"01001": 8, "01002": 10, "01003": 10, "01004": 8, "01005": 4, "01006": 3, "01007": 6, "01010": 3, "01011": 3,
         "01023": 2, "01027": 2, "01030": 3, "01037": 12, "01040": 1, "01046": 2, "01054": 2, "02004": 4, "02010": 5,
         "02012": 3, "02014": 3, "02017": 4, "02025": 2, "03001": 2, "03005": 8, "03006": 1, "03008": 1, "04002": 10,
         "04004": 2, "04007": 2, "04008": 3}


def owner(category, path, rules):
    """Department of the strongest lead rule on the path; empty when none or several."""
    found = collections.defaultdict(list)
    for row in rules[category[:category.rindex("/") + 3]] + rules["any"]:
        pattern = row["category"]
        matches = category.startswith(pattern[:-1]) if pattern.endswith("*") else category == pattern
        if matches and row["area"] in path and row["role"] == "lead":
            rank = (int(row["priority"]), path.index(row["area"]), len(pattern))
            found[rank].append(row["department"])
    best = found[max(found)] if found else []
    return best[0] if len(best) == 1 else ""


def index_rules(rules):
    """By set, kind and class, so that a look-up reads a few hundred rows."""
    index = collections.defaultdict(list)
    for row in rules:
        parts = row["category"].split("/")
        key = f"{parts[0]}/{parts[1]}/{parts[2][:2]}" if len(parts) == 3 and len(parts[2]) > 2 else "any"
        index[key].append(row)
    return index


def random_point(chance, geometry):
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    xs, ys = ([p[axis] for polygon in polygons for p in polygon[0]] for axis in (0, 1))
    while True:
        lon = round(chance.uniform(min(xs), max(xs)), 6)
        lat = round(chance.uniform(min(ys), max(ys)), 6)
        if contains(geometry, lon, lat):
            return lon, lat


def write(city, levels, maker, rules):
    chance = random.Random("beijing components")
    index = index_rules(rules)
    grids = [row["code"] for row in levels["grid"]]
    haidian = [code for code in grids if code.startswith(HAIDIAN)]
    numbers = collections.Counter()
    rows = []
    for _ in range(COUNT):
        grid = chance.choice(haidian if chance.random() < HAIDIAN_SHARE else grids)
        number = chance.choices(list(KINDS), list(KINDS.values()))[0]
        old = chance.random() < OLD_SHARE
        code, code_set = (number[:2] + number[-2:], OLD) if old else (number, NEW)
        prefix = grid[:6] + code
        numbers[prefix] += 1
        lon, lat = random_point(chance, maker.tiling.geometry(maker.rings[grid]))
        category = f"{code_set}/component/{code}"
        path = ["110000", grid[:6], grid[:9], grid[:12], grid]
        rows.append({"code": f"{prefix}{numbers[prefix]:06d}", "category": category, "lon": f"{lon:.6f}",
                     "lat": f"{lat:.6f}", "department": owner(category, path, index), "source": "generated"})
    rows.sort(key=lambda row: (len(row["code"]), row["code"]))
    write_rows(city / "components.csv", "components", rows)
    print(f"components {len(rows)}, without a single owner {sum(not r['department'] for r in rows)}")
