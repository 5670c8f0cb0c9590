"""Makes cities/baltimore from Baltimore's published 311 requests and the hours allowed per request type."""

import collections
from datetime import datetime

from baltimore_names import AGENCIES, TYPES
from common import ROOT, arguments, copy_columns, read_rows, slug, write_rows

CITY = ROOT / "cities/baltimore"
SOURCE = "Open Baltimore, 311 Customer Service Requests before 2018"
COLUMNS = ["SRRecordID", "ServiceRequestNum", "SRType", "MethodReceived", "CreatedDate", "SRStatus", "StatusDate",
           "DueDate", "CloseDate", "Agency", "Address", "ZipCode", "Neighborhood", "CouncilDistrict",
           "PoliceDistrict", "Latitude", "Longitude"]
DISTRICTS = {"Central": ("C", "中部"), "Eastern": ("E", "东部"), "Northeastern": ("NE", "东北部"), "Northern": ("N", "北部"),
             "Northwestern": ("NW", "西北部"), "Southeastern": ("SE", "东南部"), "Southern": ("S", "南部"),
             "Southwestern": ("SW", "西南部"), "Western": ("W", "西部")}


def majority(counter):
    return min(counter, key=lambda value: (-counter[value], value))


def make_areas(rows):
    areas = [{"code": "BAL", "level": "city", "name_zh": "巴尔的摩市", "name_en": "Baltimore", "schematic": "false",
              "source": SOURCE}]
    for name, (code, name_zh) in sorted(DISTRICTS.items()):
        areas.append({"code": code, "parent": "BAL", "level": "police_district", "name_zh": f"{name_zh}警区",
                      "name_en": f"{name} District", "schematic": "false", "source": SOURCE})
    parents = collections.defaultdict(collections.Counter)
    for row in rows:
        if row["Neighborhood"]:
            parents[row["Neighborhood"]][row["PoliceDistrict"]] += 1
    agree = sum(max(c.values()) for c in parents.values())
    print(f"police district of the neighbourhood: {agree} of {sum(sum(c.values()) for c in parents.values())}")
    for name in sorted(parents, key=slug):
        areas.append({"code": slug(name), "parent": DISTRICTS[majority(parents[name])][0], "level": "neighborhood",
                      "name_zh": f"{name} 社区", "name_en": name, "schematic": "false", "source": SOURCE})
    if len({a["code"] for a in areas}) != len(areas):
        raise SystemExit("two neighbourhoods share a code")
    write_rows(CITY / "areas.csv", "areas", areas)


def make_types(rows, limits):
    hours = {r["SRType"]: float(r["sla_hours"]) for r in limits}
    agencies = collections.defaultdict(collections.Counter)
    for row in limits:
        agencies[row["SRType"]][row["agency"]] += 0
    for row in rows:
        agencies[row["SRType"]][row["Agency"]] += 1
    categories, standards, responsibilities, agree = [], [], [], 0
    for name in sorted(agencies, key=slug):
        code, zh = slug(name), TYPES[name]
        categories.append({"code_set": "BAL311", "kind": "request", "code": code, "name_zh": zh, "name_en": name,
                           "local_extension": "false", "source": SOURCE})
        if name in hours:  # a type without published hours has no standard, and its requests no due date
            standards.append({
                "code": f"BAL311-{code}", "category": f"BAL311/request/{code}",
                "condition_zh": f"收到“{zh}”服务请求", "condition_en": f"A request of type “{name}” was received",
                "limit": f"{hours[name] / 24:g}", "unit": "natural_day", "closing_zh": "承办机构办结并填写结束时间",
                "closing_en": "The agency finishes the work and enters the close date", "automatic": "true",
                "source": f"sla_by_srtype.csv: {hours[name]:g} hours"})
        agency = majority(agencies[name])
        agree += agencies[name][agency]
        responsibilities.append({"category": f"BAL311/request/{code}", "area": "BAL", "department": slug(agency),
                                 "role": "lead", "priority": "10", "basis": "agency of most requests of this type"})
    if len({c["code"] for c in categories}) != len(categories):
        raise SystemExit("two request types share a code")
    print(f"agency: {agree} of {len(rows)} = {agree / len(rows):.4%}")
    write_rows(CITY / "categories-bal311.csv", "categories", categories)
    write_rows(CITY / "standards.csv", "standards", standards)
    write_rows(CITY / "responsibilities.csv", "responsibilities", responsibilities)


def make_departments(rows, limits):
    names = sorted({r["Agency"] for r in rows} | {r["agency"] for r in limits})
    write_rows(CITY / "departments.csv", "departments", [
        {"code": slug(n), "name_zh": AGENCIES[n], "name_en": n, "area": "BAL", "source": SOURCE} for n in names])
    posts = [{"code": kind, "kind": kind, "area": "BAL", "name_zh": zh, "name_en": en} for kind, zh, en in (
        ("acceptor", "受理员", "311 call taker"), ("shift_leader", "值班长", "Shift leader"),
        ("dispatcher", "派遣员", "Dispatcher"), ("collector", "巡查员", "Inspector"), ("evaluator", "考核员", "Evaluator"),
        ("leader", "领导", "Leader"), ("administrator", "系统管理员", "Administrator"), ("auditor", "审计员", "Auditor"))]
    posts += [{"code": f"handler-{slug(n)}", "kind": "handler", "department": slug(n), "area": "BAL",
               "name_zh": f"{AGENCIES[n]}处置员", "name_en": f"{n} handler"} for n in names]
    write_rows(CITY / "posts.csv", "posts", posts)
    write_rows(CITY / "accounts.csv", "accounts", [
        {"login": p["code"], "name_zh": f"演示{p['name_zh']}", "name_en": f"Demo: {p['name_en']}", "posts": p["code"]}
        for p in posts])


def check(rows, limits):
    """Every published due date must be creation + hours on the local clock; prints the overdue set's size."""
    stamp = "%m/%d/%Y %I:%M:%S %p"
    hours = {r["SRType"]: float(r["sla_hours"]) for r in limits}
    late = waiting = dated = 0
    for row in rows:
        if not row["DueDate"]:
            if row["SRType"] in hours:
                raise SystemExit(f"{row['SRRecordID']}: a limit but no due date")
            continue
        dated += 1
        created, due = (datetime.strptime(row[c], stamp) for c in ("CreatedDate", "DueDate"))
        if (due - created).total_seconds() != hours[row["SRType"]] * 3600:
            raise SystemExit(f"{row['SRRecordID']}: the due date is not creation + hours")
        late += bool(row["CloseDate"]) and datetime.strptime(row["CloseDate"], stamp) > due
        waiting += not row["CloseDate"]
    print(f"{dated} of {len(rows)} rows have a due date, all explained; closed late {late}, still open {waiting}")


def main():
    data = arguments(__doc__).data / "baltimore"
    rows = copy_columns(data / "baltimore311-before-2018.csv", CITY / "data/requests.csv", COLUMNS)
    limits = read_rows(data / "sla_by_srtype.csv")
    make_areas(rows)
    make_types(rows, limits)
    make_departments(rows, limits)
    check(rows, limits)


if __name__ == "__main__":
    main()
