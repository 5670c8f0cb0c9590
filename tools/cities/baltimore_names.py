"""Chinese names of Baltimore's agencies and 311 request types."""

AGENCIES = {
    "BCIT": "信息技术办公室", "BGE": "巴尔的摩燃气电力公司", "Call Center": "311呼叫中心", "Finance": "财政局", "Fire Department": "消防局",
    "Health": "卫生局", "Housing": "住房局", "Liquor Board": "酒类管理委员会", "Mayor's Office": "市长办公室",
    "Parking Authority": "停车管理局", "Police Department": "警察局", "Public Works": "公共工程局",
    "Recreation & Parks": "康乐与公园局", "Solid Waste": "固体废物处", "Transportation": "交通局", "Water Wastewater": "供水与污水处",
}

_TABLE = """
BCLB-Liquor License Complaint|酒类许可投诉
BGE-StLight Pole Installation|路灯杆安装（电力公司）
BGE-StLight(s) Out|路灯不亮（电力公司）
BGE-StLight(s) Out Rear|背街路灯不亮（电力公司）
BGE-StLighting Cable Faults|路灯电缆故障（电力公司）
BPD-Miscellaneous Request|警务其他请求
CC-Constituent Services Request|议员选民服务请求
DPW - Calendar  or  Water Quality Report Request|索取日历或水质报告
DPW-MD Stormwater Participation Event|雨水治理参与活动
ECC-Citizen Complaint or Concern|市民投诉或关切
ECC-Citizen Compliment or Praise|市民表扬
ECC-Escalation|升级处理
ECC-Grass Mowing|割草咨询
ECC-Information Request|信息咨询
ECC-Language Line|语言服务专线
ECC-Miscellaneous Request|其他请求
ECC-Supervisor Follow-Up|主管跟进
ECC-Vehicle Look Up|车辆查询
FCCS-City Dynamics Request|财务系统请求
FCCS-Correspondence Redirect|来函转办
FCCS-Metered Water|计量水费
FCCS-ORCC Reversals|付款冲正
FCCS-Other|收费其他
FCCS-Paid Wrong Account/Misapplied Payment|付错账户
FCCS-Payment Not Posted|付款未入账
FCCS-Personal Property Tax|动产税
FCCS-Refund Check Issues|退款支票问题
FCCS-Refunds|退款
FCCS-Special Credits|特别抵免
FCCS-Tax Sale Voids|税售撤销
FCCS-Transfer Request from Another Account|账户间转款
FCDA-Tax Sale|税售
FCDA-Water Payment Tracking Request|水费付款查询
FCPF-Certified Mail|罚单：挂号信
FCPF-Collection Agency|罚单：催收机构
FCPF-Investigation Request|罚单：调查请求
FCPF-Makes Differ|罚单：车型不符
FCPF-Ombudsman Review|罚单：监察复核
FCPF-Other|罚单：其他
FCPF-Parking Court Petitions|罚单：停车法庭申请
FCPF-Payments|罚单：缴款
FCPF-Stolen Vehicle/Tags|罚单：车辆或车牌被盗
FCPF-Transfer of Liability|罚单：责任转移
FCPF-Trial Request-Parking|罚单：停车案听证申请
FCPF-Trial Request-Red Light|罚单：闯红灯案听证申请
FCPF-Trial Request-Speeding Citation|罚单：超速案听证申请
FCPF-VR119-Mail|罚单：VR119信函
FIN-City Motor Vehicle Accident|市政车辆事故
FINBAPS-Refunds|会计薪酬处退款
FIR-Fire Code Inspection Request|消防规范检查
FIR-Fire Smoke Alarm Installation Request|烟雾报警器安装
FOR-Broken Branch in Tree|树上断枝
FOR-Down Tree|树木倒伏
FOR-Fallen Limb|树枝掉落
FOR-Stump Removal|树桩清除
FOR-Tree Inspection|树木检查
HCD-Abandoned Vehicle|私有地废弃车辆
HCD-Bed Bugs|臭虫
HCD-CCE Building Permit Complaint|建筑许可投诉
HCD-Fire Protection|房屋防火
HCD-Illegal Campaign Signs on Private Property|私有地违规竞选标牌
HCD-Illegal Dumping|非法倾倒
HCD-Illegal Flyers|违规传单
HCD-Illegal Signs on Public Property|公共场所违规标牌
HCD-Insects|虫害
HCD-Maintenance Structure|房屋结构维护
HCD-OECS-No Heat Referral|无供暖转办
HCD-Overcrowding|过度拥挤
HCD-Rodents|鼠患
HCD-Sanitation Property|私有地卫生
HCD-Snow and Ice on Sidewalks|人行道冰雪
HCD-Systems|房屋设备系统
HCD-Trees and Shrubs|树木灌丛
HCD-Unauthorized Vending|无照摊贩
HCD-Vacant Building|空置房屋
HCD-Weatherization|房屋保温改造
HCD-Zoning Investigation|区划调查
HLTH-Animal Aggressive Animal|攻击性动物
HLTH-Animal Attack Against Human|动物伤人
HLTH-Animal Barking Dog|犬吠扰民
HLTH-Animal Bite Pickup|咬人动物收容
HLTH-Animal Dead Animal Pickup-Wildlife or Stray|动物尸体清运
HLTH-Animal Domestic Animal Trap or Capture Request|家养动物诱捕
HLTH-Animal Failure to Restrain Animal, Known Owner/Known Address|动物未拴养（主人已知）
HLTH-Animal In Danger/Injured/Abused/Neglected|动物遇险、受伤或受虐
HLTH-Animal Inspection/Follow-up|动物检查与跟进
HLTH-Animal Police/Fire/Sheriff/City Work Crew Standby|动物协助待命
HLTH-Animal Running At Large/Stray (Tracking)|流浪动物（登记）
HLTH-Animal Stray Held|收留流浪动物
HLTH-Animal Trapped In Vacant Building|动物被困空屋
HLTH-Animal Unsanitary Conditions|动物饲养不卫生
HLTH-Animal Wildlife Complaint|野生动物投诉
HLTH-EV Dust|扬尘
HLTH-EV Institutional Facility|机构设施环境卫生
HLTH-EV Mosquito Surveillance|蚊虫监测
HLTH-EV Noise|噪声
HLTH-EV Odor|异味
HLTH-EV Smoking Ban Violation|违反禁烟规定
HLTH-EV Stagnant Water|积水
HLTH-Food Borne Illness Alleged|疑似食源性疾病
HLTH-Food Facility Complaint|餐饮场所投诉
MOHS-Homeless Outreach|无家可归者外展
MOIT-Address Validation Issue|地址校验问题
PABC-EZ Parking Meter Complaints|多车位计费器投诉
PABC-General Parking Request|一般停车请求
PABC-Handicapped Parking Request|残疾人车位申请
PABC-Parking Investigations|停车调查
PABC-Single Space Meter Complaints|单车位计费器投诉
RP-Ball Field|球场
RP-Building Maintenance|公园房屋维护
RP-Grass Cutting|公园割草
RP-Park Maintenance|公园维护
RP-Playgrounds|游乐场
SW-Appliance (White Goods)|大件家电清运
SW-Appliance (White Goods) Special|大件家电专项清运
SW-BCPSS Graffiti Removal|学校涂鸦清除
SW-Bag Pickup|垃圾袋清运
SW-Boarding|空屋封板
SW-Bulk Scheduled|大件垃圾预约清运
SW-Bulk Special|大件垃圾专项清运
SW-Christmas Tree Removal|圣诞树回收
SW-Clean Up|清理
SW-Cleaning|保洁
SW-Community Pitch-In|社区清洁活动
SW-Dirty Alley|巷道脏乱
SW-Dirty Alley Proactive|巷道脏乱（主动巡查）
SW-Dirty Street|街道脏乱
SW-Dirty Street Proactive|街道脏乱（主动巡查）
SW-Dumpster Collection|垃圾斗清运
SW-Fire Debris Removal|火灾残骸清运
SW-Graffiti Removal|涂鸦清除
SW-Graffiti Removal Proactive|涂鸦清除（主动巡查）
SW-Graffiti Removal-Rec and Parks|公园涂鸦清除
SW-HGW|高草杂草
SW-Leaf Collection Scheduling|落叶收集预约
SW-Leaf Removal|落叶清除
SW-Mechanical Street Sweeping|机械化清扫
SW-Mixed Refuse|混合垃圾
SW-Municipal Trash Can Concern|市配垃圾桶问题
SW-Park Cleaning|公园保洁
SW-Public (Corner) Trash Can Issue|街角垃圾桶问题
SW-Public (Corner) Trash Can Request/Removal|街角垃圾桶增设或撤除
SW-RP Bulk Pickup|公园大件垃圾清运
SW-Rat Rubout|灭鼠
SW-Rat Rubout Proactive|灭鼠（主动巡查）
SW-Recycling|可回收物收集
SW-SIU Clean Up|专项调查组清理
SW-Trash Can/Recycling Container Complaint|垃圾桶与回收箱投诉
TEC-Alley Contract/Reconstruction|巷道合同重建
TEC-Alley Reconstruction Complaint|巷道重建投诉
TEC-Footways Complaint|人行道投诉
TEC-Footways Contract/Reconstruction|人行道合同重建
TEC-Street Repair (Misc)|道路维修（其他）
TEC-WO Street Markings|道路标线工单
TR-Right-Of-Way Permit|占道许可
TR-Youth Snow Program Resident Registration|青年扫雪计划居民登记
TR-Youth Snow Program Student Application Request|青年扫雪计划学生申请
TRA- Red Light/Speed/Truck Camera|闯红灯、超速、货车抓拍
TRC-Conduit Investigation|管道沟调查
TRC-Conduit Repair|管道沟维修
TRM-(Handicap) Sidewalk Ramp Concern (Repair)|无障碍坡道维修
TRM-Alleys|巷道
TRM-Barricades-Install|路障设置
TRM-Barricades-Removal|路障拆除
TRM-Bridge Concern|桥梁问题
TRM-Curb Repair|路缘石维修
TRM-Debris In Roadway|路面遗撒物
TRM-Footways Repair|人行道维修
TRM-Graffiti Referral|涂鸦转办
TRM-Grass Mowing|道路割草
TRM-Guardrail Concern (Repair)|护栏维修
TRM-Illegal Sign Removal|违规标牌拆除
TRM-Pickup Pothole|坑洼即时修补
TRM-Pothole Repair|坑洼修补
TRM-Saltbox Concern|盐箱问题
TRM-Saltbox Refill|盐箱补盐
TRM-Sign Damaged/Sign Structure|标志损坏
TRM-Snow/Icy Conditions|冰雪路面
TRM-StLight Damaged/Knocked Down/Rusted|路灯损坏、倒伏或锈蚀
TRM-StLight Pole Access Cover/Plate Missing|灯杆检修盖缺失
TRM-StLight Pole Missing|灯杆缺失
TRM-StLighting Inadequate/Too Bright|照明不足或过亮
TRM-Steel Plate Complaint|钢板投诉
TRM-Street Light Out|路灯不亮
TRM-Street Repairs|道路维修
TRM-Street and Crosswalk Markings|道路与人行横道标线
TRM-WO Sign Installation|标志安装工单
TRM-WO Street and Crosswalk Markings|道路与人行横道标线工单
TRS-48 Hour Parking Complaint|超48小时停车投诉
TRS-Abandoned Vehicle|道路废弃车辆
TRS-Parking Away Notification|外出停车告知
TRS-Parking Complaint|停车投诉
TRT-Crosswalks|人行横道
TRT-Sign New|新设标志
TRT-Sign New/Remove/Change|标志新设、撤除或变更
TRT-Signal Timing|信号配时
TRT-Traffic Signal Repairs|信号灯维修
TRT-Traffic Study|交通研究
TTR-Abandoned Vehicle Turn-in Program|废弃车辆上交
TTR-Vehicle Relocation|车辆挪移
TTR-Vehicle Removal|车辆拖离
WW-Contractor Issues|承包商问题
WW-Customer Inquiries|用户咨询
WW-Hydrant Damaged|消火栓损坏
WW-Hydrant Leaking|消火栓漏水
WW-Hydrant Open|消火栓开启
WW-Sediment or Erosion Problem|泥沙或侵蚀问题
WW-Sewer Misc Investigation|污水其他调查
WW-Sewer Overflow|污水外溢
WW-Sewer Water In Basement|地下室进污水
WW-Storm Damaged Inlet|雨水口损坏
WW-Storm Flooded Street|雨天道路积水
WW-Storm Inlet Choke|雨水口堵塞
WW-Storm Misc Investigation|雨水其他调查
WW-Storm Water In Basement|地下室进雨水
WW-Surface Repair|路面修复
WW-Water Discolored|水体变色
WW-Water Leak (Exterior)|室外漏水
WW-Water Low Pressure|水压低
WW-Water Meter Cover Missing or Damaged|水表盖缺失或损坏
WW-Water Meter Leak|水表漏水
WW-Water No Water|停水
WW-Water Noise In Pipe|水管噪声
WW-Water Odor/Bad Taste|水有异味
WW-Water Rip Rap|护岸抛石
WW-Water Turn Off (Request)|申请关水
WW-Water Turn On (Request)|申请开水
WW-Water Water In Basement|地下室进自来水
WW-Waterway Pollution Investigation|水道污染调查
"""

TYPES = dict(line.split("|") for line in _TABLE.strip().splitlines())
