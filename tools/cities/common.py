"""Helpers shared by the generators of cities/ and scenarios/: CSV, GeoJSON and YAML out, small geometry, codes."""

import argparse
import csv
import json
import math
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

HEADERS = {
    "areas": "code,parent,level,name_zh,name_en,schematic,valid_from,valid_to,source",
    "departments": "code,parent,name_zh,name_en,uscc,area,valid_from,valid_to,source",
    "posts": "code,kind,department,area,name_zh,name_en",
    "accounts": "login,name_zh,name_en,posts",
    "categories": "code_set,kind,code,parent,name_zh,name_en,local_extension,duplicate_radius_m,"
                  "duplicate_window_h,valid_from,valid_to,source",
    "crosswalk": "from_set,from_kind,from_code,to_set,to_kind,to_code,confidence",
    "confusable": "code_set,kind,code,other_code,how_zh,how_en",
    "standards": "code,category,condition_zh,condition_en,limit,unit,closing_zh,closing_en,automatic,"
                 "valid_from,valid_to,source",
    "responsibilities": "category,area,department,role,priority,basis,valid_from,valid_to",
    "calendar": "date,kind,name_zh,name_en,source",
    "components": "code,category,lon,lat,department,source",
}


def arguments(description):
    """Every generator takes the folder of raw data as --data DIR."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", required=True, type=Path, help="folder of the raw data")
    return parser.parse_args()


def write_rows(path, kind, rows):
    """Writes dictionaries as a table of the given kind; an unknown column is a mistake of the generator."""
    write_csv(path, HEADERS[kind].split(","), rows)


def write_csv(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_rows(path):
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def copy_columns(source, target, columns):
    """Copies the named columns of a raw table; returns the rows as read."""
    rows = read_rows(source)
    write_csv(target, columns, [{c: row[c] for c in columns} for row in rows])
    return rows


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def slug(text):
    """Code of a published name: lower-case ASCII letters and digits, everything else one hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def rounded(coordinates):
    """GeoJSON coordinates with at most 6 decimals and without repeated points."""
    if isinstance(coordinates[0][0], (int, float)):
        ring = []
        for point in coordinates:
            point = [round(point[0], 6), round(point[1], 6)]
            if not ring or ring[-1] != point:
                ring.append(point)
        return ring
    return [ring for ring in map(rounded, coordinates) if not (isinstance(ring[0][0], float) and len(ring) < 4)]


def write_boundaries(path, shapes, source, licence, schematic=False):
    """shapes: (area code, GeoJSON geometry) pairs; one feature per line keeps diffs and messages readable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"source": source, "licence": licence, "schematic": schematic}
    lines = []
    for area, geometry in shapes:
        feature = {"type": "Feature", "properties": {"area": area}, "geometry": geometry}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    top = json.dumps({"type": "FeatureCollection", **head}, ensure_ascii=False)[:-1]
    path.write_text(top + ', "features": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def in_ring(lon, lat, ring):
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def contains(geometry, lon, lat):
    """Even-odd test of a GeoJSON Polygon or MultiPolygon."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return any(in_ring(lon, lat, p[0]) and not any(in_ring(lon, lat, hole) for hole in p[1:]) for p in polygons)


# --- China: datum and organisation codes -----------------------------------------------------------------

_A = 6378245.0
_EE = 0.00669342162296594323


def wgs84_to_gcj02(lon, lat):
    x, y = lon - 105.0, lat - 35.0
    common = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    d_lat = (-100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
             + (common + 20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)
                + 160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3)
    d_lon = (300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
             + (common + 20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)
                + 150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3)
    rad = lat / 180 * math.pi
    magic = 1 - _EE * math.sin(rad) ** 2
    root = math.sqrt(magic)
    return (lon + d_lon * 180 / (_A / root * math.cos(rad) * math.pi),
            lat + d_lat * 180 / ((_A * (1 - _EE)) / (magic * root) * math.pi))


def gcj02_to_wgs84(lon, lat):
    """Inverse by iteration, better than a metre after a few rounds."""
    x, y = lon, lat
    for _ in range(6):
        gx, gy = wgs84_to_gcj02(x, y)
        x, y = x + lon - gx, y + lat - gy
    return x, y


_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def organisation_code(first8):
    """GB 11714: eight characters and their check digit."""
    total = sum(int(c, 36) * w for c, w in zip(first8, (3, 7, 9, 10, 5, 8, 4, 2)))
    check = 11 - total % 11
    return first8 + {10: "X", 11: "0"}.get(check, str(check))


def uscc(registrar, division, first8):
    """GB 32100-2015. `registrar`: two characters, e.g. 11 = government body, 91 = enterprise."""
    body = registrar + division + organisation_code(first8)
    total = sum(_USCC.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + _USCC[(31 - total % 31) % 31]


# Published examples of both standards.
assert organisation_code("M000100Y") == "M000100Y4" and organisation_code("55138508") == "551385082"
assert uscc("91", "350100", "M000100Y") == "91350100M000100Y43" and uscc("91", "110000", "80210043")[-1] == "B"
