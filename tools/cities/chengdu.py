"""Makes cities/chengdu: districts and streets with their codes. No outlines are licensed, so places are given by code."""

from beijing_offices import CLASSES, DEMO, NEW, OLD, OLD_CLASSES, Numbers, rule, street_office
from common import ROOT, arguments, read_rows, write_rows
from pinyin import english

CITY = ROOT / "cities/chengdu"
SOURCE = "National Bureau of Statistics, codes of 2023-06-30"
KINDS = {"cgw": ("综合行政执法和城市管理局", "Urban Management and Law Enforcement Bureau")}
POSTS = (("acceptor", "受理员", "Acceptor"), ("shift_leader", "值班长", "Shift leader"), ("dispatcher", "派遣员", "Dispatcher"),
         ("evaluator", "考核员", "Evaluator"), ("leader", "领导", "Leader"), ("administrator", "系统管理员", "Administrator"),
         ("auditor", "审计员", "Auditor"))


def areas(data):
    rows = [{"code": "510100", "level": "city", "name_zh": "成都市", "name_en": "Chengdu"}]
    for row in read_rows(data / "china/areas.csv"):
        if row["code"].startswith("5101"):
            rows.append({"code": row["code"], "parent": "510100", "level": "district", "name_zh": row["name"],
                         "name_en": english(row["name"])})
    for row in read_rows(data / "china/streets.csv"):
        if row["areaCode"].startswith("5101"):
            rows.append({"code": row["code"], "parent": row["areaCode"], "level": "street", "name_zh": row["name"],
                         "name_en": english(row["name"])})
    return [{**row, "schematic": "false", "source": SOURCE} for row in rows]


def main():
    data = arguments(__doc__).data
    rows = areas(data)
    write_rows(CITY / "areas.csv", "areas", rows)
    numbers = Numbers(5000)
    offices = [{"code": "cd-cgw", "name_zh": "成都市城市管理委员会", "name_en": "Chengdu Urban Management Commission",
                "uscc": numbers.take("11", "510100"), "area": "510100", "source": DEMO}]
    rules = []
    for area in rows[1:]:
        code = area["code"]
        if area["level"] == "district":
            name_zh, name_en = KINDS["cgw"]
            offices.append({"code": f"{code}-cgw", "parent": "cd-cgw", "name_zh": area["name_zh"] + name_zh,
                            "name_en": f"{area['name_en']} {name_en}", "uscc": numbers.take("11", code), "area": code,
                            "source": DEMO})
            for head in CLASSES:
                for kind in ("component", "matter") if int(head) <= 5 else ("matter",):
                    rules.append(rule(f"{NEW}/{kind}/{head}*", code, f"{code}-cgw", 10, "演示权责清单"))
            rules += [rule(f"{OLD}/{kind}/{head}*", code, f"{code}-cgw", 10, "演示权责清单") for kind, head in OLD_CLASSES]
        else:
            name_zh, name_en = street_office(area["name_zh"], area["name_en"])
            offices.append({"code": f"{code}-jd", "parent": f"{area['parent']}-cgw", "name_zh": name_zh,
                            "name_en": name_en, "uscc": numbers.take("11", area["parent"]), "area": code,
                            "source": DEMO})
            rules += [rule(f"{code_set}/*", code, f"{code}-jd", 1, "属地兜底") for code_set in (NEW, OLD)]
    write_rows(CITY / "departments.csv", "departments", offices)
    write_rows(CITY / "responsibilities.csv", "responsibilities", rules)
    posts = [{"code": f"cd-{kind.replace('_', '-')}", "kind": kind, "department": "cd-cgw", "area": "510100",
              "name_zh": f"成都市{zh}", "name_en": f"Chengdu {en.lower()}"} for kind, zh, en in POSTS]
    for area in rows[1:]:
        if area["level"] == "district":
            posts.append({"code": f"{area['code']}-collector", "kind": "collector", "department": f"{area['code']}-cgw",
                          "area": area["code"], "name_zh": f"{area['name_zh']}监督员",
                          "name_en": f"{area['name_en']} collector"})
    posts += [{"code": f"{o['code']}-handler", "kind": "handler", "department": o["code"], "area": o["area"],
               "name_zh": f"{o['name_zh']}处置员", "name_en": f"{o['name_en']} handler"} for o in offices[1:]]
    write_rows(CITY / "posts.csv", "posts", posts)
    write_rows(CITY / "accounts.csv", "accounts", [
        {"login": p["code"], "name_zh": f"演示{p['name_zh']}", "name_en": f"Demo: {p['name_en']}", "posts": p["code"]}
        for p in posts if p["code"].startswith(("cd-", "510104"))])
    print(f"areas {len(rows)}, departments {len(offices)}, posts {len(posts)}, responsibilities {len(rules)}")


if __name__ == "__main__":
    main()
