"""Names of GB/T 47678.5-2026: classes, components and matters (a component's own matter is its name and 异常).

The numbers and Chinese names are those of the standard; the English names are ours.
"""

COMPONENT_CLASSES = {
    "01": ("市政公用设施", "Municipal utilities"), "02": ("交通设施", "Traffic facilities"),
    "03": ("市容环卫设施", "Sanitation and appearance facilities"), "04": ("园林绿化设施", "Landscaping facilities"),
    "05": ("其他管理部件", "Other components"),
}

MATTER_CLASSES = {
    "06": ("市容环境类", "City appearance and environment"), "07": ("宣传广告类", "Publicity and advertising"),
    "08": ("施工管理类", "Construction management"), "09": ("街面秩序类", "Street order"), "10": ("其他事项类", "Other matters"),
}

COMPONENTS = """
01001 供水井盖|Water supply manhole cover
01002 污水井盖|Sewage manhole cover
01003 雨水井盖|Stormwater manhole cover
01004 雨水箅子|Stormwater grate
01005 电力井盖|Power manhole cover
01006 路灯井盖|Street light manhole cover
01007 通信井盖|Telecom manhole cover
01008 电视井盖|Cable television manhole cover
01009 网络井盖|Network manhole cover
01010 热力井盖|Heating manhole cover
01011 燃气井盖|Gas manhole cover
01012 公安井盖|Police manhole cover
01013 消防设施|Fire-fighting facility
01014 园林井盖|Landscaping manhole cover
01015 信号灯电源井盖|Traffic signal power manhole cover
01017 电缆井盖|Cable manhole cover
01018 化粪池井盖|Septic tank manhole cover
01019 中水井盖|Reclaimed water manhole cover
01020 公交井盖|Public transport manhole cover
01021 输油（气）井盖|Oil (gas) pipeline manhole cover
01022 特殊井盖|Special manhole cover
01023 不明井盖|Manhole cover of unknown owner
01024 水井|Well
01025 供水器|Public water dispenser
01026 沟槽盖板|Trench cover plate
01027 通信交接箱|Telecom cross-connect cabinet
01028 电力设施|Power facility
01029 电力设施标识牌|Power facility sign
01030 电力立杆|Power pole
01031 通信立杆|Telecom pole
01032 公交立杆|Public transport pole
01033 特殊立杆|Special pole
01034 不明立杆|Pole of unknown owner
01035 旗杆|Flagpole
01036 输油（气）标志|Oil (gas) pipeline marker
01037 路灯|Street light
01038 地灯|Ground light
01039 景观灯|Landscape light
01040 报刊亭|Newsstand
01041 电话亭|Telephone booth
01042 邮筒|Post box
01043 信息亭|Information kiosk
01044 售货亭|Sales kiosk
01045 自动售货机|Vending machine
01046 户外健身设施|Outdoor fitness equipment
01047 高压线铁塔|High-voltage pylon
01048 变压器（箱）|Transformer (cabinet)
01049 燃气调压站（箱）|Gas regulator station (cabinet)
01050 监控电子眼设施|Surveillance camera
01051 治安岗亭|Security booth
01052 休息亭|Rest pavilion
01053 自助缴费机|Self-service payment machine
01054 充电桩|Charging pile
01055 防蚊闸|Mosquito-proof gate
01056 跨河管道|River-crossing pipeline
01057 露天燃气管道|Exposed gas pipeline
01058 晒衣架|Clothes drying rack
01059 旧衣物回收箱|Used clothes collection box
01060 路灯配电箱|Street light distribution box
01061 露天供热管道|Exposed heating pipeline
01062 通信基站|Telecom base station
01063 水塔|Water tower
01064 牌楼（门楼）|Memorial archway (gate tower)
01065 管理责任公示牌|Management responsibility notice board
01066 紧急报警点SOS|SOS emergency call point
01067 防汛监测设施|Flood monitoring facility
01068 水鹤|Fire water crane
01069 水域附属设施|Waterside ancillary facility
01070 水域护栏|Waterside railing
01071 防汛墙|Flood wall
01072 排水泵站|Drainage pumping station
01073 雨污水排放口|Stormwater and sewage outfall
01074 综合管廊附属设施|Utility tunnel ancillary facility
01075 快递柜|Parcel locker
01076 公用电梯|Public lift
01077 综合杆|Integrated pole
02001 停车场|Car park
02002 立体车库|Multi-storey garage
02003 停车计费设备|Parking charge device
02004 公交站设施|Bus stop facility
02005 出租车停靠站|Taxi stand
02006 过街天桥|Pedestrian overpass
02007 地下通道|Pedestrian underpass
02008 立交桥|Flyover
02009 跨河桥|River bridge
02010 交通标志牌及标线|Traffic sign and road marking
02011 限高架标志|Height limit frame and sign
02012 路名牌|Street name sign
02013 地名牌|Place name sign
02014 交通信号灯|Traffic light
02015 交通信号设施|Traffic signal facility
02016 交通岗亭|Traffic police booth
02017 交通护栏|Traffic guardrail
02018 防撞桶|Crash barrel
02019 安全岛|Refuge island
02020 人行横道桩|Pedestrian crossing bollard
02021 便道桩|Pavement bollard
02022 柔性隔离体|Flexible lane divider
02023 道路信息显示屏|Road information display
02024 道路隔音屏|Road noise barrier
02025 非机动车停放点|Bicycle parking area
02026 自行车租赁点|Bicycle rental point
02027 存车支架|Bicycle rack
02028 铁道口设施|Level crossing facility
02029 栈桥|Trestle bridge
02030 水域标示牌|Waterside sign
02031 港监设施|Port supervision facility
02032 轨道交通设施|Rail transit facility
02033 交通反视镜|Traffic convex mirror
02034 无障碍设施|Barrier-free facility
02035 应急避难指示牌|Emergency shelter sign
02036 救助站指示牌|Relief station sign
02037 文物建筑标志牌|Heritage building sign
02038 门（楼号）牌|Door (building) number plate
02039 公安指示牌|Police sign
02040 景区标识牌|Scenic area sign
02041 停车信息显示屏|Parking information display
02042 铁路桥涵|Railway bridge or culvert
02043 减速带|Speed bump
02044 公路隧道|Road tunnel
03001 公共厕所|Public toilet
03002 公厕指示牌|Public toilet sign
03003 化粪池|Septic tank
03004 垃圾间（楼）|Refuse room (building)
03005 垃圾箱|Litter bin
03006 户外广告|Outdoor advertisement
03007 牌匾标识|Signboard
03008 宣传栏|Bulletin board
03009 气象监测站|Weather station
03010 环保监测站|Environmental monitoring station
03011 污水口监测站|Sewage outlet monitoring station
03012 污水监测器|Sewage monitor
03013 噪声显示屏|Noise display
03014 环卫工具间（箱）|Sanitation tool room (box)
03015 宠物拾便纸箱|Pet waste bag dispenser
03016 烟头收集器或灭烟处|Cigarette butt receptacle
04001 古树名木|Ancient or notable tree
04002 行道树|Street tree
04003 独立树|Solitary tree
04004 护树设施|Tree guard
04005 花架花钵|Flower stand or planter
04006 雕塑|Sculpture
04007 街头座椅|Street bench
04008 绿地护栏|Green space railing
04009 绿地附属设施|Green space ancillary facility
04010 喷泉|Fountain
04011 树池树穴|Tree pit
04012 高架挂箱|Viaduct planter box
04013 绿地|Green space
04014 林地及林地管护设施|Woodland and its tending facility
05002 公房地下室|Public housing basement
05003 车辆加油（气、电）站|Vehicle filling (gas, charging) station
05009 文物古迹|Cultural relic or historic site
"""

MATTERS = """
06001 私搭乱建|Unauthorised building
06002 店面无证装修|Shopfront renovation without permit
06003 违章接坡|Unauthorised kerb ramp
06004 建筑物外立面污损|Dirty or damaged building façade
06005 临街阳台、屋顶脏乱差|Untidy street-facing balcony or roof
06006 擅自在临街的建筑物上挂彩旗|Unauthorised flags on street-facing buildings
06007 沿街晾挂|Laundry hung along the street
06008 擅自架设管线、杆线设施|Unauthorised pipes, poles or wires
06009 空调室外机低挂|Air-conditioner outdoor unit hung too low
06010 暴露垃圾|Exposed rubbish
06011 积存垃圾渣土|Accumulated rubbish and spoil
06012 道路不洁|Dirty road
06013 道路破损|Damaged road surface
06014 道路遗撒（洒）|Spillage on the road
06015 沙（河）滩不洁|Dirty beach or river bank
06016 交通标线不清晰|Worn road markings
06017 绿地脏乱|Untidy green space
06018 绿化弃料|Abandoned landscaping waste
06019 非装饰性吊挂|Non-decorative hanging objects
06020 焚烧垃圾、树叶|Burning of rubbish or leaves
06021 病虫害|Plant disease or pests
06022 非法伐树|Illegal tree felling
06023 堤岸破损|Damaged embankment
06024 水域秩序乱象|Disorder on the water
06025 水域不洁|Dirty water surface
06026 河道污染|River pollution
06027 油烟污染|Cooking fume pollution
06028 噪声扰民|Noise nuisance
06029 露天烧烤|Open-air barbecue
06030 乱倒乱排污水、废水|Illegal discharge of sewage or waste water
06032 非正规垃圾填埋场|Informal landfill
06033 乱丢弃医疗废物|Dumped medical waste
06034 废弃车辆|Abandoned vehicle
06035 废弃家具设备|Abandoned furniture or equipment
06036 乱堆杂物|Piled-up miscellaneous objects
06037 动物尸体|Dead animal
06038 擅自饲养家禽家畜|Unauthorised keeping of poultry or livestock
06039 违章开设道口|Unauthorised road opening
06040 私设地锁、阻车桩|Private parking lock or bollard
06041 垃圾未分类|Unsorted rubbish
06042 垃圾站（箱）满溢|Overflowing refuse station or bin
06043 遮阳篷（棚、伞）破损|Damaged awning (canopy, parasol)
06044 节庆装饰物破损|Damaged festive decoration
06045 非法占绿毁绿|Illegal occupation or destruction of greenery
06046 占用河道|Occupation of a river channel
06047 公园秩序|Disorder in a park
06048 边坡（挡土墙）破损|Damaged slope (retaining wall)
06049 台阶破损|Damaged steps
06050 路缘石缺损|Missing or damaged kerb
06051 盲道缺损|Missing or damaged tactile paving
06052 无障碍坡道破损|Damaged wheelchair ramp
07001 非法小广告|Illegal small advertisement
07002 街头散发广告|Leaflets handed out in the street
07003 违规户外广告|Unauthorised outdoor advertisement
07004 广告语言文字不规范|Substandard language in advertisement
07006 违规牌匾标识|Unauthorised signboard
07007 违规标语宣传品|Unauthorised slogan or banner
07008 公益性宣传品缺损|Missing or damaged public service display
08001 施工扰民|Construction nuisance
08002 施工占道|Construction occupying the road
08003 无证掘路|Road excavation without permit
08004 工地扬尘|Dust from a construction site
08005 施工废弃料|Abandoned construction waste
08006 施工物料乱堆放|Disorderly construction materials
08007 施工工地围挡问题|Faulty construction hoarding
08008 施工工地道路未硬化|Unpaved construction site road
08009 施工工地出入口道路破损|Damaged road at a construction site entrance
08010 施工完成后未场光地净|Site not cleared after construction
08011 渣土运输车辆未安装密闭装置|Spoil truck without sealed cover
08012 施工工地车轮夹带|Mud carried out on wheels from a site
08013 违规高空悬吊作业|Unauthorised high-altitude rope work
08014 预埋件设施裸露|Exposed embedded parts
08015 施工公示牌污损|Dirty or damaged construction notice board
08016 无证建设|Construction without permit
09001 无照经营游商|Unlicensed mobile vendor
09002 早（夜）市管理问题|Morning (night) market problem
09003 流浪乞讨|Vagrancy and begging
09004 废品收购乱象|Disorderly scrap collection
09005 店外经营|Trading outside the shop
09006 占道经营|Stall occupying the road
09008 非法出版物销售|Sale of illegal publications
09009 机动车乱停放|Motor vehicle parked illegally
09010 非机动车乱停放|Bicycle or e-bike parked in disorder
09011 共享单车乱象|Shared bicycles in disorder
09012 占用消防通道|Blocked fire lane
09013 临街屠宰|Slaughter in the street
09014 畜力车进城|Animal-drawn cart in the city
09015 无证餐饮|Unlicensed catering
09016 违规设置停车场|Unauthorised car park
09017 违规占用桥下空间|Unauthorised use of space under a bridge
09018 履带车（铁轮车）违规上路行驶|Tracked (iron-wheeled) vehicle on the road
09019 占用无障碍通道|Blocked barrier-free path
09020 农贸市场秩序问题|Disorder in a produce market
09021 占道洗车|Car washing on the road
09022 占道促销宣传|Promotion occupying the road
10001 道路积雪、结冰|Snow or ice on the road
10002 架空线缆脱落|Fallen overhead cable
"""


def parse(table):
    """'01001 供水井盖|Water…' lines -> {code: (zh, en)}."""
    rows = {}
    for line in table.strip().splitlines():
        code, names = line.split(" ", 1)
        rows[code] = tuple(names.split("|"))
    return rows
