"""What GB/T 30428.2-2013 has of its own beside GB/T 47678.5-2026, and the extensions of one city's tables."""

COMPONENT_CLASSES = {
    "01": ("公用设施", "Public utilities"), "02": ("道路交通设施", "Road traffic facilities"),
    "03": ("市容环境设施", "City appearance facilities"), "04": ("园林绿化设施", "Landscaping facilities"),
    "05": ("其他部件", "Other components"),
}

MATTER_CLASSES = {
    "01": ("市容环境", "City appearance and environment"), "02": ("宣传广告", "Publicity and advertising"),
    "03": ("施工管理", "Construction management"), "04": ("街面秩序", "Street order"), "05": ("突发事件", "Sudden incidents"),
    "06": ("其他事件", "Other events"),
}

# The 2013 code of a 2026 code is its class and the last two digits of its number. Up to these numbers the names were
# compared with a live 2013 table; up to the second ones nothing contradicts the rule (a live table
# numbers the next 2026 names as its own extensions).
COMPONENT_LIMITS = {"01": (57, 60), "02": (30, 44), "03": (8, 15), "04": (10, 10), "05": (3, 9)}
MATTER_LIMITS = {"06": ("01", 38), "07": ("02", 7), "08": ("03", 12), "09": ("04", 10)}

# Names that differ in 2013: code -> (zh, en).
RENAMED = {
    ("component", "0219"): ("渠化岛", "Channelising island"), ("matter", "0128"): ("商业噪音", "Commercial noise"),
    ("matter", "0110"): ("暴露生活垃圾", "Exposed household rubbish"),
    ("matter", "0136"): ("乱堆物堆料", "Piled-up objects and materials"),
    ("matter", "0404"): ("占道废品收购", "Scrap collection occupying the road"),
}

# kind code zh|en|counterpart in 2026 (kind:code, several with spaces; empty: none)
_NATIONAL = """
component 0504 液化气站|Liquefied gas station|
component 0506 水域附属设施|Waterside ancillary facility|component:01069
component 0507 水域护栏|Waterside railing|component:01070
component 0508 防汛墙|Flood wall|component:01071
matter 0131 餐厨垃圾遗撒和污染|Kitchen waste spillage and pollution|
matter 0205 户外广告设置位置不合理|Badly placed outdoor advertisement|
matter 0501 供水管道破裂|Burst water main|
matter 0502 燃气管道破裂|Broken gas main|
matter 0503 排水管道堵塞、破裂|Blocked or broken drain|
matter 0504 热力管道破裂|Broken heating pipe|
matter 0505 路面塌陷|Road collapse|
matter 0506 道路积水|Flooded road|
matter 0507 道路积雪、积冰|Snow or ice on the road|matter:10001
matter 0508 架空线缆脱落|Fallen overhead cable|matter:10002
matter 0602 临街屠宰|Slaughter in the street|matter:09013
matter 0606 公共设施损坏|Damaged public facility|
"""

_LOCAL = """
component 0199 爱心驿站|Care station|
component 0197 河东驿站|Hedong rest station|
component 0193 供水压力柜|Water pressure cabinet|
component 0192 露天供热管道|Exposed heating pipeline|component:01061
component 0190 综合管廊设施|Utility tunnel facility|component:01074
component 0188 边坡、挡土墙|Slope or retaining wall|matter:06048
component 0186 台阶|Steps|matter:06049
component 0181 无障碍坡道及盲道|Wheelchair ramp and tactile paving|matter:06052 matter:06051
component 0180 遮阳篷（伞）|Awning or parasol|matter:06043
component 0179 节庆装饰物|Festive decoration|matter:06044
component 0178 桥体、楼体亮化|Bridge and building illumination|
component 0299 高架桥|Viaduct|
component 0286 路沿石|Kerb|matter:06050
component 0285 平石|Gutter stone|
component 0284 人行道|Pavement|
component 0283 道路指示牌|Road direction sign|
component 0397 烟头收集器或灭烟处|Cigarette butt receptacle|component:03016
component 0396 施工公示牌|Construction notice board|matter:08015
component 0499 边绿地（人行道绿地）|Roadside green space|component:04013
component 0498 绿地指示牌|Green space sign|
component 0497 树池树篦|Tree pit and grate|component:04011
component 0496 高架挂箱|Viaduct planter box|component:04012
component 0495 机非隔离带|Planted strip beside the cycle lane|
component 0494 人行道隔离带|Planted strip beside the pavement|
component 0493 挡土墙（花带石）|Planter retaining wall|
component 0598 其他指示牌、标识牌|Other sign|
matter 0199 违规小产权房|Illegal minor-property housing|
matter 0198 违法农村自建房|Illegal rural self-built house|
matter 0197 违章开设道口|Unauthorised road opening|matter:06039
matter 0196 私设地桩、地锁、停车杆|Private post, lock or parking bar|matter:06040
matter 0195 作业车辆管理|Service vehicle management|
matter 0193 垃圾未分类|Unsorted rubbish|matter:06041
matter 0192 垃圾满溢|Overflowing rubbish|matter:06042
matter 0191 非法占绿毁绿|Illegal occupation or destruction of greenery|matter:06045
matter 0190 藤蔓类覆盖|Overgrowth by vines|
matter 0187 光污染|Light pollution|
matter 0184 违规养犬|Dog keeping against the rules|
matter 0183 外立面裂缝|Cracked façade|
matter 0182 河道违采、乱堆|Illegal digging or dumping in a river channel|
matter 0181 河道违建|Illegal building in a river channel|
matter 0180 线体垂落|Sagging cable|
matter 0179 园路破损|Damaged park path|
matter 0299 公益性宣传品|Public service display|matter:07008
matter 0399 施工公示牌|Construction notice board missing|matter:08015
matter 0398 设施残留物|Remains of removed facilities|
matter 0397 预埋件裸露钢筋|Exposed embedded steel|matter:08014
matter 0396 施工缓慢|Slow construction|
matter 0498 农贸市场管理|Produce market management|matter:09020
matter 0496 占用消防通道|Blocked fire lane|matter:09012
matter 0495 占道促销宣传|Promotion occupying the road|matter:09022
matter 0494 占道清洗装潢车辆|Vehicle washing or fitting on the road|matter:09021
matter 0493 共享单车管理|Shared bicycle management|matter:09011
matter 0492 便民服务摊点|Convenience service stall|
matter 0491 早餐车管理|Breakfast cart management|
matter 0596 高空坠物|Object falling from height|
matter 0595 突发事件|Other sudden incident|
matter 0604 门前四包（五包）|Frontage responsibilities|
matter 0698 桥下空间管理|Space under bridges|matter:09017
matter 0696 非法采砂、取土|Illegal sand or soil extraction|
"""


def parse(table):
    """[(kind, code, zh, en, [(kind, code) in 2026])]"""
    rows = []
    for line in table.strip().splitlines():
        kind, code, rest = line.split(" ", 2)
        name_zh, name_en, counterparts = rest.split("|")
        rows.append((kind, code, name_zh, name_en, [tuple(c.split(":")) for c in counterparts.split()]))
    return rows


NATIONAL, LOCAL = parse(_NATIONAL), parse(_LOCAL)
