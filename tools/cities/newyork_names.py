"""Chinese names of New York's agencies and 311 complaint types."""

AGENCIES = {
    "DCA": "消费者事务局", "DEP": "环境保护局", "DHS": "无家可归者服务局", "DOB": "房屋局", "DOHMH": "健康与心理卫生局",
    "DOT": "交通局", "DPR": "公园与康乐局", "DSNY": "清洁局", "EDC": "经济发展公司", "HPD": "房屋维护与发展局",
    "NYC311-PRD": "环境保护局（NYC311-PRD）", "NYPD": "纽约市警察局", "TLC": "出租车与礼车委员会",
}

DESCRIPTORS = {"Police Report Not Requested": "未要求警方报告"}

COMPLAINTS = {
    "APPLIANCE": "家用电器", "Abandoned Bike": "废弃自行车", "Abandoned Vehicle": "废弃车辆", "Air Quality": "空气质量",
    "Animal in a Park": "公园内动物", "Animal-Abuse": "虐待动物", "Asbestos": "石棉",
    "Beach/Pool/Sauna Complaint": "海滩、泳池、桑拿投诉", "Bike/Roller/Skate Chronic": "骑车轮滑扰民（长期）",
    "Blocked Driveway": "车道被堵", "Boilers": "锅炉", "Borough Office": "区房屋办公室", "Bridge Condition": "桥梁状况",
    "Broken Parking Meter": "停车计费器损坏", "Building/Use": "建筑用途违规", "Commercial Disposal Complaint": "商业垃圾处置投诉",
    "Construction Lead Dust": "施工铅尘", "Consumer Complaint": "消费者投诉", "Curb Condition": "路缘石状况",
    "DOOR/WINDOW": "门窗", "Damaged Tree": "树木受损", "Day Care": "托儿机构", "Dead Animal": "动物尸体",
    "Dead/Dying Tree": "枯死树木", "Derelict Vehicles": "弃置车辆", "Dirty Condition": "环境脏乱", "Drug Activity": "毒品活动",
    "ELECTRIC": "住宅用电", "ELEVATOR": "住宅电梯", "Electrical": "电气安全", "Electronics Waste Appointment": "电子废弃物预约",
    "Elevator": "电梯安全", "Emergency Response Team (ERT)": "应急处置队", "Encampment": "露宿营地",
    "FLOORING/STAIRS": "地板楼梯", "Food Establishment": "餐饮场所", "For Hire Vehicle Complaint": "网约车投诉",
    "GENERAL": "住宅一般问题", "General Construction/Plumbing": "一般施工与管道", "Graffiti": "涂鸦",
    "Green Taxi Complaint": "绿色出租车投诉", "HEAT/HOT WATER": "供暖与热水", "Hazardous Materials": "危险物质",
    "Highway Condition": "高速路状况", "Homeless Person Assistance": "无家可归者救助", "Illegal Animal Kept as Pet": "违法饲养动物",
    "Illegal Dumping": "非法倾倒", "Illegal Fireworks": "违法燃放烟花", "Illegal Parking": "违法停车",
    "Illegal Posting": "违规张贴", "Illegal Tree Damage": "违法损毁树木", "Indoor Air Quality": "室内空气质量",
    "Indoor Sewage": "室内污水", "Industrial Waste": "工业废物", "Investigations and Discipline (IAD)": "调查与纪律",
    "Lead": "铅污染", "Litter Basket Request": "垃圾筐申请", "Lost Property": "失物", "Lot Condition": "空地状况",
    "Maintenance or Facility": "公园设施维护", "Mobile Food Vendor": "流动食品摊贩", "New Tree Request": "植树申请",
    "Noise": "噪声", "Noise - Commercial": "商业噪声", "Noise - Helicopter": "直升机噪声",
    "Noise - House of Worship": "宗教场所噪声", "Noise - Residential": "居民噪声", "Noise - Street/Sidewalk": "街道噪声",
    "Noise - Vehicle": "车辆噪声", "Non-Emergency Police Matter": "非紧急警务", "Non-Residential Heat": "非住宅供暖",
    "OUTSIDE BUILDING": "住宅楼外部", "Obstruction": "通行障碍", "Oil or Gas Spill": "油气泄漏", "Outdoor Dining": "户外就餐",
    "Overgrown Tree/Branches": "树枝过长", "PAINT/PLASTER": "油漆墙面", "PLUMBING": "住宅管道", "Panhandling": "乞讨",
    "Plumbing": "管道安全", "Real Time Enforcement": "实时执法", "Residential Disposal Complaint": "居民垃圾投放投诉",
    "Rodent": "鼠患", "Root/Sewer/Sidewalk Condition": "树根影响下水道或人行道", "SAFETY": "住宅安全",
    "Sanitation Worker or Vehicle Complaint": "环卫人员或车辆投诉", "Sewer": "下水道", "Sidewalk Condition": "人行道状况",
    "Smoking": "吸烟", "Snow or Ice": "积雪结冰", "Special Natural Area District (SNAD)": "特别自然保护区",
    "Special Projects Inspection Team (SPIT)": "专项检查队", "Street Condition": "路面状况", "Street Light Condition": "路灯状况",
    "Street Sign - Damaged": "路牌损坏", "Street Sign - Dangling": "路牌松脱", "Street Sign - Missing": "路牌缺失",
    "Street Sweeping Complaint": "道路清扫投诉", "Tattooing": "文身", "Taxi Complaint": "出租车投诉",
    "Taxi Compliment": "出租车表扬", "Taxi Licensee Complaint": "出租车持牌人投诉", "Traffic": "交通",
    "Traffic Signal Condition": "交通信号灯状况", "UNSANITARY CONDITION": "住宅不卫生", "Unleashed Dog": "未拴犬只",
    "Unsanitary Animal Pvt Property": "私有地动物不卫生", "Uprooted Stump": "树桩翻起", "Violation of Park Rules": "违反公园规定",
    "WATER LEAK": "住宅漏水", "Water Conservation": "节约用水", "Water Quality": "水质", "Water System": "供水系统",
}
