"""Makes cities/newyork from one published day of New York 311 and the city's district outlines."""

import collections
import json
from datetime import datetime, timedelta

from common import (ROOT, arguments, contains, copy_columns, read_rows, rounded, slug, write_boundaries,
                    write_rows)
from newyork_names import AGENCIES, COMPLAINTS, DESCRIPTORS

CITY = ROOT / "cities/newyork"
SOURCE = "NYC Open Data erm2-nwe9 (311 Service Requests from 2010 to Present), 2023-02-28"
DCP = "New York City Department of City Planning"
BOROUGHS = {"Manhattan": ("MN", "曼哈顿区", 1), "Bronx": ("BX", "布朗克斯区", 2), "Brooklyn": ("BK", "布鲁克林区", 3),
            "Queens": ("QN", "皇后区", 4), "Staten Island": ("SI", "斯塔滕岛区", 5)}
DAY_COLUMNS = ["Unique Key", "Created Date", "Closed Date", "Agency", "Agency Name", "Complaint Type", "Descriptor",
               "Location Type", "Incident Zip", "Incident Address", "Intersection Street 1", "Intersection Street 2",
               "Address Type", "City", "Status", "Due Date", "Resolution Description",
               "Resolution Action Updated Date", "Community Board", "Borough", "Open Data Channel Type", "Latitude",
               "Longitude"]


def district_number(name):
    """'Brownsville (CD16)' -> 16."""
    return int(name[name.rindex("(CD") + 3:-1])


def make_areas(data):
    areas = [{"code": "NYC", "level": "city", "name_zh": "纽约市", "name_en": "New York City", "schematic": "false",
              "source": DCP}]
    shapes = []
    for name, (code, name_zh, _) in BOROUGHS.items():
        areas.append({"code": code, "parent": "NYC", "level": "borough", "name_zh": name_zh, "name_en": name,
                      "schematic": "false", "source": DCP})
    for feature in json.loads((data / "nyc/borough.geo.json").read_text())["features"]:
        shapes.append((BOROUGHS[feature["properties"]["BoroName"]][0], feature["geometry"]))
    districts = []
    for feature in json.loads((data / "nyc/CD.geo.json").read_text())["features"]:
        properties = feature["properties"]
        borough, borough_zh, _ = BOROUGHS[properties["BOROUGH"]]
        number = district_number(properties["GEONAME"])
        # The published name of district 80 of Queens (LaGuardia Airport) is a copy of district 1 of
        # Staten Island; its code, borough and outline are right.
        if properties["GEOCODE"] == 480:
            number = 80
        joint = number > 20
        name = properties["GEONAME"][:properties["GEONAME"].rindex(" (")]
        name_en = f"{properties['BOROUGH']} joint interest area {number}" if joint else name
        name_zh = f"{borough_zh}第{number}联合利益区" if joint else f"{borough_zh}第{number}社区委员会区"
        districts.append({"code": f"{borough}{number:02d}", "parent": borough, "level": "district",
                          "name_zh": name_zh, "name_en": name_en, "schematic": "false", "source": DCP})
        shapes.append((f"{borough}{number:02d}", feature["geometry"]))
    areas += sorted(districts, key=lambda area: area["code"])
    write_rows(CITY / "areas.csv", "areas", areas)
    shapes = sorted(((code, {"type": g["type"], "coordinates": rounded(g["coordinates"])}) for code, g in shapes),
                    key=lambda shape: (len(shape[0]), shape[0]))
    write_boundaries(CITY / "boundaries.geojson", shapes, DCP, "public, free use")
    return dict(shapes)


def majority(counter):
    return min(counter, key=lambda agency: (-counter[agency], agency))


def make_categories(day, evening):
    """One category per complaint type; a descriptor becomes a child only where every one of its (at least two)
    requests goes to another agency than most of its type."""
    by_type = collections.defaultdict(collections.Counter)
    by_descriptor = collections.defaultdict(collections.Counter)
    for row in day:
        by_type[row["Complaint Type"]][row["Agency"]] += 1
        by_descriptor[row["Complaint Type"], row["Descriptor"]][row["Agency"]] += 1
    for row in evening:  # only types that the first hours did not show
        if row["Complaint Type"] not in {r["Complaint Type"] for r in day}:
            by_type[row["Complaint Type"]][row["Agency"]] += 1
    owners, rows = {}, []
    for name in sorted(by_type, key=slug_of_type):
        owners[slug_of_type(name)] = majority(by_type[name])
        rows.append({"code_set": "NYC311", "kind": "request", "code": slug_of_type(name), "name_zh": COMPLAINTS[name],
                     "name_en": name, "local_extension": "false", "source": SOURCE})
    for (name, descriptor), counter in sorted(by_descriptor.items()):
        parent = slug_of_type(name)
        if len(counter) == 1 and sum(counter.values()) >= 2 and owners[parent] not in counter:
            code = f"{parent}.{slug(descriptor)}"
            owners[code] = majority(counter)
            rows.append({"code_set": "NYC311", "kind": "request", "code": code, "parent": parent,
                         "name_zh": f"{COMPLAINTS[name]}：{DESCRIPTORS[descriptor]}",
                         "name_en": f"{name}: {descriptor}", "local_extension": "false", "source": SOURCE})
    write_rows(CITY / "categories-nyc311.csv", "categories", rows)
    return owners, rows


# Two pairs of types differ only in capitals ("ELEVATOR" of HPD, "Elevator" of DOB; "PLUMBING", "Plumbing").
COLLIDING = {"ELEVATOR": "elevator-housing", "PLUMBING": "plumbing-housing"}


def slug_of_type(name):
    return COLLIDING.get(name, slug(name))


def make_departments(rows):
    names = {}
    for row in rows:
        names[row["Agency"]] = row["Agency Name"]
    departments = []
    for code in sorted(names):
        # NYC311-PRD is published with the name of DEP: requests that DEP took from the 311 system itself.
        parent, suffix = ("DEP", " (NYC311-PRD)") if code == "NYC311-PRD" else ("", "")
        departments.append({"code": code, "parent": parent, "name_zh": AGENCIES[code], "name_en": names[code] + suffix,
                            "area": "NYC", "source": SOURCE})
    write_rows(CITY / "departments.csv", "departments", departments)
    posts = [{"code": f"{kind}", "kind": kind, "area": "NYC", "name_zh": zh, "name_en": en} for kind, zh, en in (
        ("acceptor", "受理员", "311 call taker"), ("shift_leader", "值班长", "Shift leader"),
        ("dispatcher", "派遣员", "Dispatcher"), ("evaluator", "考核员", "Evaluator"), ("leader", "领导", "Leader"),
        ("administrator", "系统管理员", "Administrator"), ("auditor", "审计员", "Auditor"))]
    posts += [{"code": f"collector-{code.lower()}", "kind": "collector", "area": code, "name_zh": f"{zh}巡查员",
               "name_en": f"{name} inspector"} for name, (code, zh, _) in BOROUGHS.items()]
    posts += [{"code": f"handler-{d['code'].lower()}", "kind": "handler", "department": d["code"], "area": "NYC",
               "name_zh": f"{d['name_zh']}处置员", "name_en": f"{d['name_en']} handler"} for d in departments]
    write_rows(CITY / "posts.csv", "posts", posts)
    accounts = [{"login": p["code"], "name_zh": f"演示{p['name_zh']}", "name_en": f"Demo: {p['name_en']}",
                 "posts": p["code"]} for p in posts]
    write_rows(CITY / "accounts.csv", "accounts", accounts)


def make_standards(day, categories):
    """The day states a due date for graffiti only: 30 local calendar days unless it was planned anew later."""
    due = [r for r in day if r["Due Date"]]
    if {r["Complaint Type"] for r in due} != {"Graffiti"}:
        raise SystemExit("the published due dates are no longer of graffiti alone")
    stamp = "%m/%d/%Y %I:%M:%S %p"
    exact = sum(datetime.strptime(r["Due Date"], stamp) - datetime.strptime(r["Created Date"], stamp)
                == timedelta(days=30) for r in due)
    print(f"graffiti: {exact} of {len(due)} due dates are creation + 30 days")
    graffiti = next(c for c in categories if c["code"] == "graffiti")
    rows = [{"code": "NYC311-graffiti", "category": "NYC311/request/graffiti",
             "condition_zh": f"收到“{graffiti['name_zh']}”服务请求",
             "condition_en": f"A request of type “{graffiti['name_en']}” was received", "limit": "30",
             "unit": "natural_day", "closing_zh": "承办机构答复办理结果", "closing_en": "The agency reports its resolution",
             "automatic": "true", "source": f"{exact} of {len(due)} published due dates of the day"}]
    write_rows(CITY / "standards.csv", "standards", rows)


def check(day, shapes, owners):
    """Prints how far the city folder agrees with the published columns."""
    agree = sum(owners[slug_of_row(r, owners)] == r["Agency"] for r in day)
    print(f"agency: {agree} of {len(day)} = {agree / len(day):.4%}")
    located = [r for r in day if r["Latitude"]]
    boroughs = boards = 0
    for row in located:
        lon, lat = float(row["Longitude"]), float(row["Latitude"])
        borough = BOROUGHS[row["Borough"].title()][0]
        boroughs += contains(shapes[borough], lon, lat)
        number = row["Community Board"].split()[0]
        boards += number.isdigit() and contains(shapes[f"{borough}{number}"], lon, lat)
    print(f"located {len(located)}: borough {boroughs / len(located):.4%}, community district {boards / len(located):.4%}")


def slug_of_row(row, owners):
    parent = slug_of_type(row["Complaint Type"])
    child = f"{parent}.{slug(row['Descriptor'])}"
    return child if child in owners else parent


def main():
    data = arguments(__doc__).data
    shapes = make_areas(data)
    day = copy_columns(data / "nyc/nyc311-2023-02-28-day.csv", CITY / "data/day-2023-02-28.csv", DAY_COLUMNS)
    evening = read_rows(data / "nyc/nyc311-2023-02-28-evening-unlabelled.csv")
    owners, categories = make_categories(day, evening)
    make_departments(day)
    make_standards(day, categories)
    write_rows(CITY / "responsibilities.csv", "responsibilities", [
        {"category": f"NYC311/request/{code}", "area": "NYC", "department": agency, "role": "lead",
         "priority": "20" if "." in code else "10", "basis": "agency of most requests of this kind on 2023-02-28"}
        for code, agency in sorted(owners.items())])
    check(day, shapes, owners)


if __name__ == "__main__":
    main()
