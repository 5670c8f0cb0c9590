"""Filing conditions of the municipal standards table in our own words, Chinese and English.

Keyed by the first 8 digits of the SHA-1 of the sentence in the raw table, which itself is not shipped.
"""

_TABLE = """
b1713a5e 部件不在原位、丢失或裂开，行人车辆有危险|Missing, shifted or cracked and dangerous
901f8764 表面破损面积在25平方厘米以上|Broken over more than 25 cm²
5b53c708 车辆经过时弹跳作响，或翻起危及安全|Rattles when driven over, or flips up dangerously
4aea4bf6 井周1.5米见方的路面下陷、隆起或损坏，井框与路面相差2厘米以上|Surface within 1.5 m × 1.5 m sunken, raised or broken, or frame more than 2 cm off the road level
1bd33d97 三分之一以上的孔面被堵|A third or more of the openings blocked
210b0b4f 井周1.5米见方的路面下陷、隆起或损坏，井框与路面相差3厘米以上|Surface within 1.5 m × 1.5 m sunken, raised or broken, or frame more than 3 cm off the road level
9c436cfb 井周1.5米见方的路面下陷、隆起或损坏，井框与路面相差4厘米以上|Surface within 1.5 m × 1.5 m sunken, raised or broken, or frame more than 4 cm off the road level
6fc57f33 供水器往外漏水|Leaking water
1310d6b8 有破损或锈蚀严重|Damaged or badly rusted
ea11d0e5 表面脏污|Dirty surface
6dcfcd03 已弃用而未拆走|Disused but not removed
fd42cd03 箱体、箱门、锁或附件损坏、丢失、歪倒或明显生锈|Cabinet, door, lock or fittings damaged, missing, leaning or clearly rusted
1fee06a6 箱门敞开|Door left open
950af1d5 设施、附件或护栏损坏、丢失、变形、歪斜或明显生锈|Facility, fittings or guard damaged, missing, deformed, leaning or clearly rusted
a2ee05bc 表面有积灰、污迹或蛛网|Dust, stains or cobwebs on the surface
e8e92f62 牌面损坏、丢失、歪斜、变形、生锈或文字有误|Sign damaged, missing, leaning, deformed, rusted or wrong
45e6661d 倒下或歪斜|Fallen or leaning
ed517f6e 锈蚀严重或损坏|Badly rusted or damaged
e765622b 歪斜有危险、倒下或折断|Leaning dangerously, fallen or snapped
c9c829ae 损坏或明显生锈|Damaged or clearly rusted
f7d1d198 表面可见积灰、污迹或蛛网|Visible dust, stains or cobwebs
48d6e0e0 歪斜、倒下或断开|Leaning, fallen or snapped
be084c80 损坏、丢失或电线外露|Damaged, missing or with bare wires
e3849c29 有一盏灯不亮|A single lamp is out
6532dcb8 锈蚀十分严重|Very badly rusted
181b0723 没有按规定时间开灯或关灯|Not switched on or off at the set time
6fe7bb35 弃用未拆或留有残桩|Disused, or a stump was left
ddbe21cc 损坏或丢失|Damaged or missing
f8158d0b 部分灯不亮|Some lamps are out
50f08556 倒下、歪斜或断开|Fallen, leaning or snapped
de84677d 亭体或附件损坏、丢失或明显生锈|Kiosk or fittings damaged, missing or clearly rusted
ca3b5c35 损坏、丢失或锈蚀严重|Damaged, missing or badly rusted
1bb9622b 损坏、丢失、锈蚀严重或电线外露|Damaged, missing, badly rusted or with bare wires
12d55b7e 没有获批就设置充电设施|Charging facility set up without approval
54845422 充电设施或附件损坏、丢失、歪倒或变形|Charging facility or fittings damaged, missing, fallen or deformed
986ced21 设施损坏、丢失或锈蚀严重|Facility damaged, missing or badly rusted
2cc45274 配套物品损坏或丢失|Supporting equipment damaged or missing
314ba069 应免费提供的热水、水杯、雨具等没有提供|Hot water, cups, rain gear and the like not offered free of charge
15dbba8c 站内或门外5米内脏乱|Untidy inside or within 5 m outside
e5a2722a 没有按公布的时间开放|Not open at the published hours
0871c9d4 现场无人管理或服务|No attendant on site
305f4f5b 标牌文字有错|Sign text is wrong
77261c31 柜体损坏、歪斜、生锈或柜门敞开|Cabinet damaged, leaning, rusted or open
95338632 管道或附件漏水、损坏、丢失、变形或生锈|Pipe or fittings leaking, damaged, missing, deformed or rusted
aefbded0 管廊的风口、出入口、逃生口、投料口等损坏、丢失、移位、脱落或生锈|Vents, entrances, escape or loading openings damaged, missing, shifted, detached or rusted
923d1638 边坡被冲出沟槽、缺口，或下陷塌落|Slope gullied, breached, sunken or collapsed
8d00936d 挡墙歪斜、滑动、下沉或开裂|Retaining wall leaning, sliding, sinking or cracked
0ccecc33 台阶损坏、松动或打滑|Steps damaged, unstable or slippery
7b49559e 丢失或损坏|Missing or damaged
9f79e25b 有损坏|Damaged
e8bf0db9 设置方式不合规范，有碍观瞻|Installed against the rules and unsightly
e4a40693 电线外露、缠乱或下垂|Wires bare, tangled or sagging
d2c1a243 部分灯不亮，有碍夜景|Some lamps out, spoiling the night view
03b460c0 文字或内容有错|Text or content is wrong
36b71586 地面损坏或坑洼|Ground damaged or potholed
258cc4cb 没有获批就设置停车场|Car park set up without approval
fadfd086 附件损坏、丢失或锈蚀严重|Fittings damaged, missing or badly rusted
6fbf476c 周围脏乱|Surroundings untidy
295d69d2 站亭或附件倒下、歪斜或断开|Shelter or fittings fallen, leaning or snapped
aacd7d8c 站亭或附件损坏、丢失、变形或锈蚀严重|Shelter or fittings damaged, missing, deformed or badly rusted
27204380 路面损坏或坑洼|Pavement damaged or potholed
60073bc9 广告画面损坏或内容有错|Poster damaged or wrong
57ce9cc7 广告画面脱落或玻璃框敞开|Poster detached or its frame open
17fb7ee4 桥体损坏、下沉或变形|Bridge body damaged, sunken or deformed
379490a8 护栏损坏、丢失、变形或明显生锈|Railing damaged, missing, deformed or clearly rusted
7e463744 桥面或台阶损坏、坑洼|Deck or steps damaged or potholed
ec57a444 桥面有积水|Standing water on the deck
52e09bca 灯具损坏或不亮|Lamps damaged or out
59454140 附件损坏或丢失|Fittings damaged or missing
c592052a 积水成片，无法通行|Flooded so that nobody can pass
fec843ae 地面破损不平|Floor damaged or uneven
2a34d8b7 标志牌损坏、丢失或内容有错|Sign damaged, missing or wrong
aafdaafc 灯具缺失、损坏或不亮|Lamps missing, damaged or out
2831b297 通道内脏污|Dirty inside
1f616701 附件损坏、丢失、变形或明显腐蚀|Fittings damaged, missing, deformed or corroded
c1281083 桥面有损坏|Deck damaged
0254500d 桥体损坏、开裂、下沉或变形|Bridge body damaged, cracked, sunken or deformed
11e53328 附件损坏、歪斜、变形或明显生锈|Fittings damaged, leaning, deformed or clearly rusted
72648ca8 表面有灰尘、污物或蛛网|Dust, dirt or cobwebs on the surface
3d8d4c67 倒下、倾斜或折断|Fallen, tilted or snapped
0c0e2a36 主体或附件损坏、锈蚀严重|Body or fittings damaged or badly rusted
a4245179 标识牌丢失或内容有错|Sign missing or wrong
62b866a1 内容或指向有错|Content or direction is wrong
1eda7980 移位、明显不齐或生锈|Shifted, clearly out of line or rusted
ea9415b6 损坏或变形|Damaged or deformed
668ae54a 表面可见灰尘、污迹、蛛网|Visible dust, stains and cobwebs
e1f382de 设施表面脏污|Facility is dirty
fa46b4b8 植物长势差或枯死，有碍景观|Plants ailing or dead, spoiling the view
d396f997 有物体阻挡通行|An object blocks the way
920f5ccf 倒下、歪斜或变形|Fallen, leaning or deformed
8953c30d 倒下或倾斜|Fallen or tilted
47a62dd3 设施损坏、丢失、变形或明显生锈|Facility damaged, missing, deformed or clearly rusted
fc59e3af 场地标线已看不清|Ground markings hardly visible
b5752a8b 悬挂冰柱、冰溜|Icicles hanging
d305ab4e 有歪斜|Leaning
cecbc8a6 相邻块高低错开|Adjoining stones out of level
8fb3ee7e 表面釉层脱落达1米见方|Glaze lost over 1 m × 1 m
e70f8e61 隆起或下陷|Raised or sunken
a37de090 地砖松动不稳|Loose paving
424e0398 损坏或缺失达0.5米见方|Damaged or missing over 0.5 m × 0.5 m
48369952 洗手液、手纸等没有免费提供|Soap, paper and the like not offered free of charge
725374dd 厕内或门外5米内脏乱、有明显异味|Untidy or smelly inside or within 5 m outside
488aafe3 工具摆放凌乱|Tools left in disorder
61989c42 缺少轮椅通道、扶手、坡道或无障碍便器|No wheelchair access, handrail, ramp or accessible toilet
ba8355a3 变形、损坏、丢失或锈蚀严重|Deformed, damaged, missing or badly rusted
be223191 盖板丢失或移位|Cover missing or shifted
4e504bf6 盖板损坏|Cover damaged
f09a8e1a 粪污溢出|Contents overflowing
39165c13 房屋主体或附件损坏、丢失|Building or fittings damaged or missing
a25d6c98 脏乱、污水外流或有明显异味|Untidy, leaking sewage or smelly
b4387eb9 周边5米内脏乱无序|Untidy or disorderly within 5 m
3c10e63c 没有及时清运|Not collected in time
ba086551 箱体歪倒或箱门敞开|Bin leaning, fallen or open
95a2e1a7 箱体变形、损坏、丢失或锈蚀严重|Bin deformed, damaged, missing or badly rusted
1fddff7d 箱体附件损坏或丢失|Bin fittings damaged or missing
7cc8f680 箱体文字标识不全或不清|Lettering on the bin incomplete or illegible
84f5bf31 箱体表面脏污|Bin is dirty
b86e78fb 没有放在规定位置|Not in its assigned place
3454c54b 歪斜或倒下|Leaning or fallen over
0419d162 损坏、丢失、变形或锈蚀严重|Damaged, missing, deformed or badly rusted
3818a70d 电子屏花屏或部分不亮|Screen garbled or partly dark
54f43ddf 烟头装满溢出|Overflowing with cigarette butts
21647380 倒伏、歪斜或断枝|Fallen, leaning or with a broken branch
d0fe1e6d 已枯死|Dead
2fe9b758 有缺失|Missing
713197e1 修剪不及时，妨碍行人车辆|Overgrown and in the way of people or vehicles
201c3319 损坏、丢失、变形或明显生锈|Damaged, missing, deformed or clearly rusted
461e29e3 树篦子损坏超过十六分之一|More than a sixteenth of the tree grate broken
ed6238ce 倒下、歪斜，妨碍交通|Fallen or leaning and in the way of traffic
a00328ac 植物长势差或枯死|Plants ailing or dead
eac1dedf 损坏或生锈|Damaged or rusted
dc334460 正在漏水|Leaking
502538f9 水大量涌出|Gushing water
a1b65c7d 损坏或失去功能|Damaged or out of order
71570580 池水脏污|Dirty water in the basin
e09a1bf8 警示牌丢失|Warning sign missing
c461e327 修剪不及时，杂草藤蔓缠绕|Untrimmed, overgrown with weeds and vines
bfb3e5db 叶面积尘超过1平方米或有虫网蛛网|Dust on more than 1 m² of leaves, or webs
16f99ffd 倒伏、歪斜、长势差，枯枝残桩没有处理|Fallen, leaning or ailing, dead wood or stumps left
ecfaf5d7 绿篱色块缺株断行、修剪或换花不及时，轮廓不清|Hedges or flower beds with gaps, untrimmed or without clear outline
9b792651 裸土超过绿地的5%，或单处缺植超过2平方米|Bare soil over 5 % of the green space, or a single bare patch over 2 m²
ee55634e 水土流失，塌坑深度超过20厘米|Soil washed away, leaving hollows deeper than 20 cm
45da5614 被踩出小路|A path trodden across the planting
6be9ac24 箱体损坏或锈蚀严重|Box damaged or badly rusted
f6086c1a 植物缺株或死株|Plants missing or dead
5cb0b82b 附属设施明显损坏、缺失、生锈或缺字|Fittings clearly damaged, missing or rusted, or letters missing
fcb9bf62 有明显异味|Clear smell
db2c043c 附属设施明显损坏、缺失、锈蚀严重或缺字|Fittings clearly damaged, missing or badly rusted, or letters missing
d155cc9c 警示标志不醒目，或没有救生设施和工具|Warning signs hard to see, or no rescue equipment
f3154402 坡岸或亲水平台损坏、不整洁|Bank or waterside platform damaged or untidy
d57499c2 缺失、倒下、歪斜、变形、损坏或锈蚀严重|Missing, fallen, leaning, deformed, damaged or badly rusted
f79ce30c 墙体或附件损坏、歪斜或垮塌|Wall or fittings damaged, leaning or collapsed
55ca35c2 墙面脏污|Wall is dirty
763e2712 违法建筑物、构筑物正在搭建|Illegal structure being built
881ca3d7 违法建筑物、构筑物已经建成|Illegal structure already built
7cd10b59 没有获批就装修门店|Shop being renovated without approval
a3165b9d 在道路上私设临时坡道|Temporary ramp put on the road without permission
0c8fc8ec 在道路上私建固定坡道|Fixed ramp built on the road without permission
4fc5c376 外墙掉漆或墙皮脱落|Paint or plaster coming off
af1def41 墙面被乱贴乱画|Posters or scrawls on the wall
a288e226 墙面有油污、大片蛛网或积灰|Oil stains, large cobwebs or dust on the wall
9ab93582 阳台或窗外吊挂、晾晒、堆放物品，有碍市容|Objects hung, dried or stored outside balcony or window, unsightly
7af8e3f2 私自挂彩旗、装灯饰或其他装饰|Flags, lights or other decoration put up without permission
1d7725dd 在公共的树、牌、线、杆上晾晒或捆绑物品|Objects hung or tied to public trees, signs, wires or poles
2ef50efc 没有获批就架设管线或立杆|Pipes, wires or poles put up without approval
a32d2492 临街单位私拉电线或飞线充电|Power lines strung or vehicles charged by loose cable along the street
3b034eea 生活垃圾没有投进容器，散露在公共场所|Household rubbish lying in public, not in a container
3858a362 建筑、装修或混合垃圾长期堆积|Building, renovation or mixed waste piled up for long
d4ab025d 路面有果皮、纸屑、烟头、落叶、油污、积灰或雨后淤泥|Litter, leaves, oil, dust or mud after rain on the road
4a84269f 破损面积达到0.5平方米|Broken over 0.5 m² or more
9be20dd6 裂缝面积达到1平方米，或长超过1米且宽达到3毫米|Cracks over 1 m² or more, or longer than 1 m and at least 3 mm wide
f592fc43 坑洼落差达到30毫米|Potholes 30 mm deep or more
7c2e3baf 运输车辆沿途遗撒|Load spilled from a vehicle
b5724f62 绿地内有杂物、枯枝、废弃物、垃圾或粪便|Debris, dead branches, rubbish or droppings in the green space
6a837ae5 栽种修剪留下的枝叶泥土没有及时清走|Cuttings and soil from gardening not taken away
790e925a 私自在行道树或灌木上挂线缆、灯饰、杂物|Cables, lights or objects hung on street trees or shrubs
ea78c1dd 废弃物飘挂在树木或线缆上|Litter blown onto trees or cables
339fc975 违法焚烧垃圾或树叶|Rubbish or leaves being burned
296e009e 园林树木发生病虫害|Disease or pests on park trees
facbf6bc 没有获批就砍伐或毁坏树木|Trees felled or harmed without approval
256c1b46 移植、修剪、砍伐造成树木受损|Trees harmed by moving, pruning or felling
c6ca0f02 水面有漂浮垃圾，岸坡杂草丛生或堆有垃圾|Floating rubbish on the water, weeds or rubbish on the bank
d69d768f 超标排入污水、泥浆、工业废料，水体发黑发臭|Waste water, slurry or industrial waste discharged over the limit, water black or foul
c5745ba0 商家高音量揽客，影响居民|Loud sales noise disturbing residents
8103ad93 私自露天烧烤或为其提供场地|Barbecue in the open, or a place provided for it
45389d1f 临街商户在公共场所乱倒污水|Street businesses pouring waste water in public places
540bc5a9 工地乱排污水|Construction site discharging waste water
7357fc83 把污水排进雨水井、污水井等设施|Waste water poured into drains or manholes
9d723aed 利用明沟排水|Draining through an open ditch
36b2c31f 把餐厨垃圾倒进非指定容器|Kitchen waste put into the wrong container
d3657a15 临街店铺、摊贩私倒饭渣|Shops or stalls dumping food scraps
3e90d891 饭渣油污倒在雨水篦子上|Food scraps or grease poured on a storm grate
4d6f784d 回收餐厨垃圾时明显遗撒、弄脏路面|Road soiled while collecting kitchen waste
c25f6bc9 填埋场没有按规定建设或运行|Landfill not built or run by the rules
0bf49227 医疗废物乱倒乱放，或混进其他垃圾|Medical waste dumped, or mixed with other waste
6d4a67c1 无人使用的家具、设备长期占道|Unused furniture or equipment left on the road for long
89edfdc2 没有许可就堆物，或获准堆放但杂乱、没有防污染措施|Materials piled without permission, or with permission but untidy or uncovered
70793e24 公共场所的动物尸体没有及时清走|Dead animal in public not removed
5d0df249 违规饲养家禽家畜|Poultry or livestock kept against the rules
b4280b13 小产权违法房屋正在建设|Illegal minor-property housing being built
f6b7af53 小产权违法房屋已经建成|Illegal minor-property housing already built
2c85a7fd 农村违法自建房正在建设|Illegal rural house being built
9844e509 农村违法自建房已经建成|Illegal rural house already built
bccc2c43 没有许可就在道路或绿带上开口|Opening made in a road or green belt without permission
6d5da240 在道路上私装地桩、地锁、停车杆|Posts, locks or bars put on the road without permission
22f5f922 清扫、洒水、浇灌作业不规范，妨碍通行|Sweeping, sprinkling or watering vehicles getting in people's way
22f83007 清扫冲洗没有避开高峰，影响交通安全|Street cleaning in rush hours, endangering traffic
c4f502fe 作业车辆噪声扰民|Service vehicle making noise
e1551d29 作业车辆车身脏乱|Service vehicle dirty
509137cb 作业车辆占道|Service vehicle blocking traffic
c0b93a24 已分类的垃圾被混合收运|Sorted rubbish collected together
46ca7de9 没有设分类箱或没有分类投放|No bins for sorting, or rubbish not sorted
baf41f04 清运不及时，垃圾箱、垃圾点装满外溢|Bins or collection points overflowing because not emptied
f26eb77e 占用公共绿地、种菜或毁坏植被|Public green space occupied, cultivated or destroyed
58cf039e 非景观藤蔓爬满建筑或设施|Wild vines covering buildings or facilities
db0d160a 商家灯光过强，影响居民生活|Glaring business lights disturbing residents
e5fa0664 在公共场所或楼内公共空间养犬，影响环境卫生|Dogs kept in public places or shared spaces, spoiling hygiene
927560c4 施工或自然原因造成外墙开裂|Wall cracked by construction or nature
a03d1d93 在河道范围内未经批准取土采矿、堆料弃淤|Digging, mining, storing or dumping within a river channel without approval
36b51b07 在河道范围内违法搭建|Illegal structure within a river channel
f9a72e16 线缆下垂，有碍市容|Sagging cable, unsightly
c3df2b8d 公园园路损坏、缺失或坑洼|Park path damaged, missing or potholed
f111f9ca 公共场所或设施上乱贴、乱喷、乱写|Stickers, spray or scrawls on public places or facilities
81725921 在公共场所派发广告|Handing out advertisements in public
86ca8643 违规设置灯箱、霓虹灯、电子屏、展示牌等广告|Unauthorised light box, neon, screen or board advertisement
8e0674a8 违规设置立柱、墙面、楼体、楼顶广告|Unauthorised pillar, wall, building or rooftop advertisement
470a7d9d 广告文字缺失、错误或违反语言文字规定|Letters missing or wrong, or language rules broken
416d2c5d 广告位置妨碍生活、遮挡交通标志或影响市政设施|Placed so that it disturbs people, hides traffic signs or hinders municipal facilities
05e6215a 违规设置标示名称字号的灯箱、霓虹灯、展示牌|Unauthorised light box, neon or board showing a business name
83cf1af7 私自张贴悬挂标语、条幅、气球条幅等|Slogans, banners or balloon banners put up without permission
140f2cc0 脱落、褪色、损坏或脏污|Detached, faded, damaged or dirty
ea73a06c 公益广告的密度或位置没有达到创建标准|Public service displays too few or badly placed for the civic standard
dda2d255 公益广告与周围景观不协调|Public service display out of keeping with its surroundings
07952dfb 工地噪声扰民|Construction noise
d110570f 没有许可或超出许可时间施工|Work without permission or outside permitted hours
a1ded780 施工没有手续长期占道，或有手续但管理不善|Works occupying the road for long without permit, or with a permit but badly managed
b530ae04 没有许可就挖掘道路、绿地或河道|Road, green space or river dug up without permission
f1352a4f 施工缺少防尘措施而起尘|Dust from works without dust control
e5d19778 施工废料、渣土没有及时清运|Construction waste or spoil not taken away
1c5b0431 施工物料乱堆、没有完全覆盖或侵占道路绿地|Materials in disorder, not fully covered, or on road or green space
263c914c 没有按规定设置围挡|Hoarding missing or against the rules
c09a5fe7 围挡损坏或倒下（含上面的广告标语）|Hoarding (or its posters) damaged or fallen
c3e81f1c 围挡表面脏污|Hoarding dirty
91f64d82 围挡上的公益广告面积不足一半|Public service displays cover less than half of the hoarding
821fd3d9 工地道路没有按规定硬化|Site roads not paved as required
05ed4bc2 路面损坏、开裂或下陷|Surface damaged, cracked or sunken
f8edfd22 完工后没有清场，现场脏乱|Site left untidy after works
807f7af0 渣土车没有装密闭装置|Spoil truck without sealed cover
2b59990a 车轮带泥，弄脏大片路面|Mud from wheels soiling the road
7ff03e88 工地没有设工程公示牌|No project notice board at the site
7a12c601 设施拆除后路面留有底座、螺栓等|Bases or bolts left in the pavement after removal
54b06b70 预埋钢筋长期外露，危及通行|Embedded steel left bare for long, endangering passers-by
e4b07b10 围起来以后长期没有修复|Fenced off but not repaired for long
2a2d809e 施工进展慢，造成拥堵|Slow works causing congestion
978c1835 流动摊贩在公共场所经营|Mobile vendor trading in public
651c6d63 早市、夜市或早餐点超时间、超区域经营|Market or breakfast stall outside its hours or area
37ea112f 市场环境脏乱|Market untidy
febd0de0 市场噪声扰民|Market noise
01cdf81d 没有许可就在道路或公共场所收购、堆放废品|Scrap bought or piled on roads or in public without permission
7da48c3c 在店外摆货或跨门占道经营|Goods outside the shop, or trading across the doorway
98e0c6d6 在道路、桥梁、广场等公共场所违法摆卖|Selling illegally on roads, bridges or squares
ea20461e 非机动车停在未划定处或杂乱，妨碍通行|Bicycles parked outside marked areas or in disorder, blocking the way
7f0a4acf 农贸市场脏乱、无序或超区域经营|Produce market dirty, disorderly or beyond its area
1c82758e 消防通道被占用或堵塞|Fire lane occupied or blocked
c876e52f 没有许可或超出许可开展促销|Promotion without permission or beyond it
341f30bf 占用道路洗车或装饰车辆|Washing or fitting out vehicles on the road
cdd7e204 共享车辆损坏或脏污|Shared bicycle damaged or dirty
f349cd0f 共享车辆停在规定区域外|Shared bicycle parked outside its area
95ba78ff 共享车辆没电或故障|Shared bicycle out of power or order
5b498836 共享车辆停放点设置不当|Parking area badly placed
38c5fa5f 共享车辆扣费有误|Wrong charge
aae640be 共享车辆没有牌照|No licence plate
6e7f3ca8 摊点私换位置或压占盲道|Stall moved without permission or on tactile paving
3174c5c3 摊点超范围经营或亭体脏污|Stall beyond its licence, or dirty
738bd1e0 餐车私换位置或压占盲道|Breakfast cart moved without permission or on tactile paving
4c521a77 餐车超范围经营，车体或周边脏乱|Breakfast cart beyond its licence, or dirty around
ce71c8b4 供水管破裂漏水，路面溢水|Burst water main flooding the road
47726612 供水管破裂，路面塌陷|Road collapsed over a burst water main
a81e8f93 燃气泄漏、停供、起火或爆炸|Gas leak, outage, fire or explosion
c1545d78 燃气管破裂，路面塌陷|Road collapsed over a broken gas main
da41d39a 排水管堵塞，雨污水大面积外溢|Blocked drain, stormwater or sewage overflowing widely
b6c372cf 排水管破损，污水漫流或路面有塌陷危险|Broken drain, sewage flowing or road about to collapse
f8481158 热力管破损，蒸汽或热水外溢|Broken heating pipe leaking steam or hot water
898e0c86 热力管破裂，路面塌陷|Road collapsed over a broken heating pipe
1c044fec 路面塌陷下沉，影响通行安全|Road sunken or collapsed, unsafe to pass
c5b5ce16 积水超过100平方米且深于15厘米，影响通行|Water over 100 m² and deeper than 15 cm, unsafe to pass
0161c879 积雪或结冰影响通行|Snow or ice hindering passage
1c022a2c 线缆断裂或下垂，影响安全|Cable broken or hanging low, dangerous
7a8039e1 建筑外墙、玻璃、招牌、灯饰等高空坠落|Façade, glass, sign or lighting falling from a building
e0ec8d15 城市管理领域的其他突发情况|Other emergency in city management
37db1bcf 在街边宰杀禽畜，占道并影响卫生|Poultry or livestock slaughtered in the street
82652393 门前卫生、秩序、绿化、设施或立面没有维护好|Frontage hygiene, order, greenery, facilities or façade not kept
6ed7ce04 没有获批就在桥下作业|Work under a bridge without approval
8b23d0f2 私占桥下空间|Space under a bridge occupied without permission
0050c960 桥下设施损坏或缺失|Facilities under the bridge damaged or missing
65230ee0 私自在耕地或河道采砂取土|Sand or soil taken from farmland or river without permission
"""

CONDITIONS = {line[:8]: tuple(line[9:].split("|")) for line in _TABLE.strip().splitlines()}
