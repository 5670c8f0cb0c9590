"""Departments, posts, demo accounts and responsibilities of cities/beijing. All of it is demonstration."""

import csv

from common import ROOT, uscc, write_rows

SCENARIO = ROOT / "scenarios/city-management"
NEW, OLD = "GBT47678.5-2026", "GBT30428.2-2013"
DEMO = "demonstration"
HAIDIAN = "110108"

# kind of district department: (zh, en)
DISTRICT_KINDS = {
    "zhzx": ("城市运行管理指挥中心", "Urban Operation Command Centre"),
    "cgw": ("城市管理委员会", "Urban Management Commission"),
    "zhzf": ("城市管理综合行政执法局", "Urban Management and Law Enforcement Bureau"),
    "swj": ("水务局", "Water Affairs Bureau"),
    "ylj": ("园林绿化局", "Landscape and Forestry Bureau"),
    "hwzx": ("环境卫生服务中心", "Environmental Sanitation Service Centre"),
    "zjw": ("住房和城乡建设委员会", "Housing and Urban-Rural Development Commission"),
    "scjg": ("市场监督管理局", "Market Regulation Bureau"),
    "sthj": ("生态环境局", "Ecology and Environment Bureau"),
    "jtzd": ("公安分局交通支队", "Traffic Police Branch"),
}

UTILITIES = {
    "bj-water": ("供水企业", "Water supply company"), "bj-drain": ("排水企业", "Drainage company"),
    "bj-gas": ("燃气企业", "Gas company"), "bj-heat": ("热力企业", "Heating company"),
    "bj-power": ("供电企业", "Power company"), "bj-telecom": ("通信企业", "Telecom company"),
    "bj-light": ("道路照明单位", "Street lighting company"), "bj-bus": ("公共交通企业", "Public transport company"),
}

# Who answers for which 2026 codes. The numbers of components (01 to 05) hold for the component and its matter alike.
# Priorities: 30 city-wide owners of pipes and wires, 20 single codes, 10 whole classes, 1 the street (属地).
CITY_WIDE = {
    "bj-water": "01001 01024 01025 01063", "bj-drain": "01002 01003 01004 01072 01073",
    "bj-power": "01005 01017 01028 01029 01030 01047 01048", "bj-telecom": "01007 01008 01009 01027 01031 01041 01062",
    "bj-heat": "01010 01061", "bj-gas": "01011 01021 01036 01049 01057", "bj-light": "01006 01037 01038 01039 01060",
    "bj-bus": "01020 01032 02004",
}
SINGLE = {
    "hwzx": "03001 03002 03003 03004 03005 03014 03015 03016 06010 06011 06012 06014 06037 06041 06042 10001",
    "swj": "01067 01069 01070 01071 02030 06015 06023 06024 06025 06026 06030 06046",
    "ylj": "01014 06017 06018 06019 06021 06022 06045 06047",
    "jtzd": "01015 02010 02014 02015 02016 02017 02018 02019 02022 02033 02043 06016 06034 09009 09018",
    "zjw": "08004 08007 08008 08009 08013 08014 08015 08016 05002",
    "scjg": "07004 09015 09020", "sthj": "03009 03010 03011 03012 03013 06020 06027 06028",
    "cgw": "06013 06040 06048 06049 06050 06051 06052 10002", "zhzf": "08002",
}
# Cases where functions overlap: two leads, so that the dispatcher decides or a consultation (会商) is held.
SHARED = {"06028": "zhzf"}
ASSISTING = {"08004": ("zhzf", "sthj"), "06026": ("sthj",), "06030": ("zhzf",), "09009": ("zhzf",), "08002": ("jtzd",)}
CLASSES = {"01": "cgw", "02": "cgw", "03": "cgw", "04": "ylj", "05": "cgw", "06": "zhzf", "07": "zhzf", "08": "zhzf",
           "09": "zhzf", "10": "cgw"}
OLD_CLASSES = {("component", "01"): "cgw", ("component", "02"): "cgw", ("component", "03"): "cgw",
               ("component", "04"): "ylj", ("component", "05"): "cgw", ("matter", "01"): "zhzf",
               ("matter", "02"): "zhzf", ("matter", "03"): "zhzf", ("matter", "04"): "zhzf", ("matter", "05"): "cgw",
               ("matter", "06"): "zhzf"}
OLD_ONLY = {"bj-water": "0501", "bj-gas": "0502", "bj-drain": "0503 0506", "bj-heat": "0504"}
UNKNOWN_OWNER = ("01023",)  # falls to the street


def street_office(name, name_en):
    """Name of the office that answers for a street, town or development area."""
    if name.endswith("街道"):
        return name + "办事处", name_en + " Office"
    if name.endswith("地区"):
        return name + "办事处", name_en + " Office"
    if name.endswith(("镇", "乡")):
        return name + "人民政府", name_en + " Government"
    return name + "管理机构", name_en + " Administration"


class Numbers:
    """Demonstration credit codes: organisation codes begin with DEM0, which no registry has issued."""

    def __init__(self, first=0):
        self.next = first

    def take(self, registrar, division):
        self.next += 1
        return uscc(registrar, division, f"DEM0{self.next:04d}")


def departments(levels):
    numbers = Numbers()
    rows = [{"code": "bj-cgw", "name_zh": "北京市城市管理委员会", "name_en": "Beijing Urban Management Commission",
             "uscc": numbers.take("11", "110000"), "area": "110000", "source": DEMO}]
    for code, (name_zh, name_en) in UTILITIES.items():
        rows.append({"code": code, "parent": "bj-cgw", "name_zh": f"{name_zh}（演示）", "name_en": f"{name_en} (demo)",
                     "uscc": numbers.take("91", "110000"), "area": "110000", "source": DEMO})
    for district in levels["district"]:
        area = district["code"]
        for kind, (name_zh, name_en) in DISTRICT_KINDS.items():
            registrar = "12" if kind in ("zhzx", "hwzx") else "11"
            rows.append({"code": f"{area}-{kind}", "parent": "bj-cgw" if kind == "zhzx" else f"{area}-zhzx",
                         "name_zh": district["name_zh"] + name_zh, "name_en": f"{district['name_en']} {name_en}",
                         "uscc": numbers.take(registrar, area), "area": area, "source": DEMO})
    for street in levels["street"]:
        name_zh, name_en = street_office(street["name_zh"], street["name_en"])
        rows.append({"code": f"{street['code']}-jd", "parent": f"{street['parent']}-zhzx", "name_zh": name_zh,
                     "name_en": name_en, "uscc": numbers.take("11", street["parent"]), "area": street["code"],
                     "source": DEMO})
    return rows


POSTS = (("acceptor", "受理员", "Acceptor"), ("shift_leader", "值班长", "Shift leader"), ("dispatcher", "派遣员", "Dispatcher"),
         ("evaluator", "考核员", "Evaluator"), ("leader", "领导", "Leader"))
CITY_POSTS = POSTS + (("administrator", "系统管理员", "Administrator"), ("auditor", "审计员", "Auditor"))


def posts(levels, offices):
    rows = [{"code": f"bj-{kind.replace('_', '-')}", "kind": kind, "department": "bj-cgw", "area": "110000",
             "name_zh": f"北京市{zh}", "name_en": f"Beijing {en.lower()}"} for kind, zh, en in CITY_POSTS]
    for district in levels["district"]:
        area = district["code"]
        rows += [{"code": f"{area}-{kind.replace('_', '-')}", "kind": kind, "department": f"{area}-zhzx", "area": area,
                  "name_zh": f"{district['name_zh']}{zh}", "name_en": f"{district['name_en']} {en.lower()}"}
                 for kind, zh, en in POSTS]
    for street in levels["street"]:
        rows.append({"code": f"{street['code']}-collector", "kind": "collector", "department": f"{street['parent']}-zhzx",
                     "area": street["code"], "name_zh": f"{street['name_zh']}监督员",
                     "name_en": f"{street['name_en']} collector"})
    for office in offices:
        if not office["code"].endswith("-zhzx") and office["code"] != "bj-cgw":
            rows.append({"code": f"{office['code']}-handler", "kind": "handler", "department": office["code"],
                         "area": office["area"], "name_zh": f"{office['name_zh']}处置员",
                         "name_en": f"{office['name_en']} handler"})
    return rows


def accounts(rows):
    """City-wide posts, utilities and Haidian with its streets and departments."""
    return [{"login": row["code"], "name_zh": f"演示{row['name_zh']}", "name_en": f"Demo: {row['name_en']}",
             "posts": row["code"]} for row in rows if row["code"].startswith(("bj-", HAIDIAN))]


def both_sets():
    """{2026 code: [category ids that mean it in either set]}; components stand for their matters too."""
    ids = {}
    with (SCENARIO / "categories-GBT47678.5-2026.csv").open(encoding="utf-8") as source:
        for row in csv.DictReader(source):
            if row["parent"]:
                ids.setdefault(row["code"], []).append(f"{NEW}/{row['kind']}/{row['code']}")
    with (SCENARIO / "crosswalk.csv").open(encoding="utf-8") as source:
        for row in csv.DictReader(source):
            old = f"{OLD}/{row['to_kind']}/{row['to_code']}"
            if row["from_set"] == NEW and old not in ids[row["from_code"]]:
                ids[row["from_code"]].append(old)
    return ids


def rule(category, area, department, priority, basis, role="lead"):
    return {"category": category, "area": area, "department": department, "role": role, "priority": str(priority),
            "basis": basis}


def district_rules(area, ids):
    basis = "演示权责清单"
    for kind, codes in SINGLE.items():
        for code in codes.split():
            for category in ids[code]:
                yield rule(category, area, f"{area}-{kind}", 20, basis)
    for code, kind in SHARED.items():
        for category in ids[code]:
            yield rule(category, area, f"{area}-{kind}", 20, basis + "：职能交叉")
    for code, kinds in ASSISTING.items():
        for category in ids[code]:
            for kind in kinds:
                yield rule(category, area, f"{area}-{kind}", 20, basis, "assist")
    for head, kind in CLASSES.items():
        if int(head) <= 5:
            yield rule(f"{NEW}/component/{head}*", area, f"{area}-{kind}", 10, basis)
        yield rule(f"{NEW}/matter/{head}*", area, f"{area}-{kind}", 10, basis)
    for (kind_of, head), kind in OLD_CLASSES.items():
        yield rule(f"{OLD}/{kind_of}/{head}*", area, f"{area}-{kind}", 10, basis)


def responsibilities(levels):
    ids = both_sets()
    rows = []
    for department, codes in CITY_WIDE.items():
        for code in codes.split():
            rows += [rule(category, "110000", department, 30, "演示权责清单：权属单位") for category in ids[code]]
    for department, codes in OLD_ONLY.items():
        rows += [rule(f"{OLD}/matter/{code}", "110000", department, 30, "演示权责清单：权属单位") for code in codes.split()]
    for district in levels["district"]:
        rows += district_rules(district["code"], ids)
    for street in levels["street"]:
        office = f"{street['code']}-jd"
        for code in UNKNOWN_OWNER:
            rows += [rule(category, street["code"], office, 40, "权属不明：属地兜底") for category in ids[code]]
        rows += [rule(f"{code_set}/*", street["code"], office, 1, "属地兜底") for code_set in (NEW, OLD)]
    # Two 2026 codes may share their 2013 counterpart.
    return list({tuple(row.values()): row for row in rows}.values())


def write(city, levels):
    offices = departments(levels)
    if len({row["uscc"] for row in offices}) != len(offices):
        raise SystemExit("two departments share a credit code")
    write_rows(city / "departments.csv", "departments", offices)
    rows = posts(levels, offices)
    write_rows(city / "posts.csv", "posts", rows)
    write_rows(city / "accounts.csv", "accounts", accounts(rows))
    rules = responsibilities(levels)
    write_rows(city / "responsibilities.csv", "responsibilities", rules)
    print(f"departments {len(offices)}, posts {len(rows)}, responsibilities {len(rules)}")
    return rules
