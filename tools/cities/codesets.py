"""Makes the code sets, crosswalk, confusables and standards of scenarios/city-management.

Names come from the tables beside this file; codes, limits and closing verbs of the standards from the raw municipal
table in --data; its sentences are replaced by those of condition_words.py.
"""

import collections
import hashlib
import re

import gbt30428_2 as old
import gbt47678_5 as new
from common import ROOT, arguments, read_rows, write_rows
from condition_words import CONDITIONS

SCENARIO = ROOT / "scenarios/city-management"
NEW, OLD = "GBT47678.5-2026", "GBT30428.2-2013"
NEW_SOURCE, OLD_SOURCE = "GB/T 47678.5-2026", "GB/T 30428.2-2013"
LOCAL_SOURCE = "extension of the Yuncheng municipal table"
TABLE_SOURCE = "Yuncheng filing and closing table after GB/T 30428.8, reworded"


def category(code_set, kind, code, names, source, parent="", local=False, valid_from=""):
    return {"code_set": code_set, "kind": kind, "code": code, "parent": parent, "name_zh": names[0],
            "name_en": names[1], "local_extension": str(local).lower(), "valid_from": valid_from, "source": source}


def fault_names(names):
    return names[0] + "异常", names[1] + " fault"


def make_new():
    """153 components in 5 classes and 250 matters in 10; returns {(kind, code): names} without the classes."""
    components, own = new.parse(new.COMPONENTS), new.parse(new.MATTERS)
    rows, names = [], {}

    def add(kind, code, label, parent=""):
        rows.append(category(NEW, kind, code, label, NEW_SOURCE, parent, valid_from="2026-07-01"))
        if parent:
            names[kind, code] = label

    for code, label in new.COMPONENT_CLASSES.items():
        add("component", code, label)
        for number in (n for n in components if n.startswith(code)):
            add("component", number, components[number], code)
    for code, label in new.COMPONENT_CLASSES.items():
        add("matter", code, (label[0] + "异常", label[1] + ": faults"))
        for number in (n for n in components if n.startswith(code)):
            add("matter", number, fault_names(components[number]), code)
    for code, label in new.MATTER_CLASSES.items():
        add("matter", code, label)
        for number in (n for n in own if n.startswith(code)):
            add("matter", number, own[number], code)
    counts = collections.Counter(kind for kind, _ in names)
    if counts != {"component": 153, "matter": 250}:
        raise SystemExit(f"the 2026 set is not complete: {counts}")
    write_rows(SCENARIO / "categories-GBT47678.5-2026.csv", "categories", rows)
    return names


def derive_old(names):
    """2013 codes by the crosswalk rule: [(kind, code, names, [(kind, code) in 2026], confidence)]."""
    derived = []
    for (kind, code), label in names.items():
        head, number = code[:2], int(code[2:])
        if kind == "component":
            compared, last = old.COMPONENT_LIMITS[head]
            old_class = head
        elif head in old.MATTER_LIMITS:
            old_class, last = old.MATTER_LIMITS[head]
            compared = last
        else:
            continue
        if number <= last:
            old_code = f"{old_class}{number:02d}"
            label = old.RENAMED.get((kind, old_code), label)
            derived.append((kind, old_code, label, [(kind, code)], "0.95" if number <= compared else "0.7"))
    return derived


def make_old(names):
    """Writes the 2013 set and the crosswalk; returns {(kind, old code): [(kind, new code)]}."""
    entries = [(k, c, label, pairs, conf, False) for k, c, label, pairs, conf in derive_old(names)]
    entries += [(k, c, (zh, en), pairs, "0.9", False) for k, c, zh, en, pairs in old.NATIONAL]
    entries += [(k, c, (zh, en), pairs, "0.8", True) for k, c, zh, en, pairs in old.LOCAL]
    entries.sort(key=lambda entry: (entry[0], entry[1]))
    rows = [category(OLD, "component", c, label, OLD_SOURCE) for c, label in old.COMPONENT_CLASSES.items()]
    rows += [category(OLD, "matter", c, label, OLD_SOURCE) for c, label in old.MATTER_CLASSES.items()]
    crosswalk, pairs_of = [], {}
    for kind, code, label, pairs, confidence, local in entries:
        source = LOCAL_SOURCE if local else OLD_SOURCE
        if confidence == "0.7":
            source += ", number by the crosswalk rule, not compared with a table"
        rows.append(category(OLD, kind, code, label, source, code[:2], local))
        full = list(pairs)
        for new_kind, new_code in pairs:
            if new_kind == "component":  # a case about the component is the 2026 matter "... 异常"
                full.append(("matter", new_code))
        pairs_of[kind, code] = full
        for new_kind, new_code in full:
            if (new_kind, new_code) not in names:
                raise SystemExit(f"{code}: no {new_kind} {new_code} in the 2026 set")
            weaker = f"{float(confidence) - 0.05:g}" if (new_kind, new_code) not in pairs else confidence
            crosswalk.append({"from_set": OLD, "from_kind": kind, "from_code": code, "to_set": NEW,
                              "to_kind": new_kind, "to_code": new_code, "confidence": weaker})
            crosswalk.append({"from_set": NEW, "from_kind": new_kind, "from_code": new_code, "to_set": OLD,
                              "to_kind": kind, "to_code": code, "confidence": weaker})
    write_rows(SCENARIO / "categories-GBT30428.2-2013.csv", "categories", rows)
    crosswalk.sort(key=lambda r: (r["from_set"], r["from_kind"], r["from_code"], -float(r["confidence"]), r["to_kind"],
                                  r["to_code"]))
    write_rows(SCENARIO / "crosswalk.csv", "crosswalk", crosswalk)
    print(f"2013: {sum(not e[5] for e in entries)} national, {sum(e[5] for e in entries)} local codes")
    return pairs_of


CONFUSABLE = [
    ("06010", "06011", "少量生活垃圾、没有容器为暴露垃圾；量大、时间长、夹有渣土为积存垃圾渣土",
     "A little household rubbish without a container is exposed rubbish; a large old heap with spoil is accumulated"),
    ("06010", "06042", "容器之外的散落垃圾为暴露垃圾；容器完好、垃圾高出箱口为满溢",
     "Rubbish outside a container is exposed; a sound container filled above its rim is overflowing"),
    ("06011", "06042", "成堆且夹有渣土为积存垃圾渣土；只是容器装满为满溢",
     "A heap with spoil is accumulated rubbish; a container that is merely full is overflowing"),
    ("06012", "06014", "日常灰尘落叶纸屑为道路不洁；车辆运输沿途洒落为道路遗撒",
     "Everyday dust, leaves and litter make a dirty road; a trail from a vehicle's load is spillage"),
    ("06017", "06045", "绿地里有垃圾杂物为绿地脏乱；绿地被占用、开垦或损毁为占绿毁绿",
     "Litter in greenery is untidy green space; greenery occupied, tilled or destroyed is illegal occupation"),
    ("06036", "08006", "与施工无关的杂物为乱堆杂物；施工单位的物料为施工物料乱堆放",
     "Objects that belong to no works are piled-up objects; a builder's materials are construction materials"),
    ("06036", "09005", "无人经营的堆物为乱堆杂物；店家摆在门外的货物为店外经营",
     "Objects not for sale are piled-up objects; goods that a shop sets outside are trading outside the shop"),
    ("07003", "07001", "有载体的户外广告牌、灯箱为违规户外广告；贴、喷、写的小纸片和字迹为非法小广告",
     "A board or light box is an outdoor advertisement; stickers, sprays and scrawls are small advertisements"),
    ("07003", "07006", "推销商品或服务为户外广告；标示本店名称字号为牌匾标识",
     "What promotes goods or services is an advertisement; what names the business itself is a signboard"),
    ("09005", "09006", "固定店铺的货物摆出店外为店外经营；在道路上设固定摊位为占道经营",
     "A fixed shop's goods outside are trading outside the shop; a stall set on the road is occupying the road"),
    ("09006", "09001", "有固定摊位占路为占道经营；推车挑担、边走边卖为无照经营游商",
     "A stall that stays is occupying the road; a seller who moves about is a mobile vendor"),
    ("09005", "09001", "有固定店铺为店外经营；没有店铺、流动售卖为无照经营游商",
     "A seller with a shop is trading outside the shop; one without, moving about, is a mobile vendor"),
]


def make_confusable(names):
    rows = []
    for code, other, zh, en in CONFUSABLE:
        for a, b in ((code, other), (other, code)):
            if ("matter", a) not in names:
                raise SystemExit(f"no matter {a}")
            rows.append({"code_set": NEW, "kind": "matter", "code": a, "other_code": b, "how_zh": zh, "how_en": en})
    write_rows(SCENARIO / "confusable.csv", "confusable", sorted(rows, key=lambda r: (r["code"], r["other_code"])))


VERBS = {
    "修复": "repaired", "更换": "replaced", "恢复": "restored", "清洁": "cleaned", "清洗": "washed", "清除": "removed",
    "拆除": "dismantled", "整改": "rectified", "清理": "cleared", "修剪": "trimmed", "围护": "fenced off", "围栏": "fenced off",
    "围挡并设警示标志": "fenced off with warning signs", "围护并设警示标志": "fenced off with warning signs",
    "恢复路面": "pavement restored", "纠正": "corrected", "止水": "leak stopped", "修整": "made good", "疏通": "unblocked",
    "消除安全隐患": "danger removed", "消除隐患": "danger removed", "采取保护性措施": "protected", "排除险情": "danger averted",
    "抽排": "pumped out", "喷粉": "repainted", "粉刷": "repainted", "喷涂": "repainted", "设置": "installed",
    "告知性结案": "closed by notice", "清理干净": "cleared", "消除": "eliminated", "清运": "taken away", "补种": "replanted",
    "正常季节补栽": "replanted in season", "非正常季节制定补栽计划": "replanting planned out of season", "制止": "stopped",
    "取缔": "shut down", "查处": "penalised", "查处整改": "penalised and rectified", "查实": "verified",
    "责令整改": "ordered to rectify", "督促": "urged on", "按法定程序实施": "legal procedure followed",
    "完善手续": "permits completed", "立案查处": "legal case opened", "查处制止": "penalised and stopped", "治理": "treated",
    "清理现场": "site cleared", "关闭场所": "site closed", "清除堆放垃圾": "rubbish removed", "初审处置": "first review done",
    "发现": "found", "初审": "reviewed", "处置": "handled", "移交": "handed over", "恢复原状": "original state restored",
    "恢复原貌": "original state restored", "恢复路面畅通": "road reopened", "安装配套设施": "facility installed",
    "拆除预埋件": "embedded parts removed", "规范停放": "parked properly", "维护": "maintained", "消除积水": "water removed",
    "恢复通行": "passage restored",
}


def closing(text):
    """The closing verbs in both languages; an unknown verb is an error, never a guess."""
    text = re.sub(r"\s+", "", text).replace("，", "、")
    parts, english = re.split(r"(、|或|并)", text), []
    if text.endswith("并设警示标志"):
        head, _, tail = text.rpartition("、")
        parts = [head, "、", tail]
    for part in parts:
        english.append({"、": ", ", "或": " or ", "并": " and "}.get(part) or VERBS[part])
    return text, "".join(english).capitalize()


def limit(text):
    """'2紧急工作时' -> ('2', 'urgent_hour'); plain hours and days of the table are working time."""
    value, unit = re.match(r"(\d+)(紧急工作时|紧急工作日|小时|天)", text.strip()).groups()
    return value, {"紧急工作时": "urgent_hour", "紧急工作日": "urgent_day", "小时": "work_hour", "天": "work_day"}[unit]


def read_standards(data):
    """{(kind, 2013 code): [standard facts]} in the order of the raw tables."""
    standards = collections.defaultdict(list)
    for file, kind in (("components", "component"), ("events", "matter")):
        for row in read_rows(data / f"standards/yuncheng-{file}.csv"):
            code = f"{int(row['大类代码']):02d}{int(row['小类代码']):02d}"
            words = CONDITIONS[hashlib.sha1(row["立案条件"].strip().encode()).hexdigest()[:8]]
            closing_zh, closing_en = closing(row["结案条件"])
            value, unit = limit(row["处置时限"])
            standards[kind, code].append({
                "condition_zh": words[0], "condition_en": words[1], "limit": value, "unit": unit,
                "closing_zh": closing_zh, "closing_en": closing_en, "source": TABLE_SOURCE})
    return standards


def make_standards(standards, pairs_of, names):
    groups = {(OLD, kind, code): rows for (kind, code), rows in standards.items()}
    for (kind, code), rows in standards.items():
        if (kind, code) not in pairs_of:
            raise SystemExit(f"the table has {kind} {code}, the 2013 set has not")
        for new_kind, new_code in pairs_of[kind, code]:
            groups.setdefault((NEW, new_kind, new_code), []).extend(
                r for r in rows if r not in groups.get((NEW, new_kind, new_code), []))
    without = 0
    everything = [(NEW, k, c) for k, c in names] + [(OLD, k, c) for k, c in pairs_of]
    table = []
    for code_set, kind, code in sorted(everything):
        rows = groups.get((code_set, kind, code))
        if not rows:  # the limit is not known: the matter can be filed, but has no deadline until a city states one
            without += 1
            rows = [{"condition_zh": "经核实情况属实", "condition_en": "The situation is confirmed", "closing_zh": "问题消除",
                     "closing_en": "The problem is gone", "source": "no published limit known"}]
        year = code_set[-4:]
        for number, row in enumerate(rows, 1):
            table.append({"code": f"{year}-{kind[0].upper()}{code}-{number}", "category": f"{code_set}/{kind}/{code}",
                          "automatic": str(len(rows) == 1).lower(),
                          "valid_from": "2026-07-01" if code_set == NEW else "", **row})
    for code_set, name in ((NEW, "2026"), (OLD, "2013")):
        write_rows(SCENARIO / f"standards-{name}.csv", "standards",
                   [r for r in table if r["category"].startswith(code_set)])
    print(f"standards: {len(table)}, of {len(everything)} categories {without} without a published limit")


def main():
    data = arguments(__doc__).data
    names = make_new()
    pairs_of = make_old(names)
    make_confusable(names)
    make_standards(read_standards(data), pairs_of, names)


if __name__ == "__main__":
    main()
