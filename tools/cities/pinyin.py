"""English forms of the names of streets, towns and districts: toneless pinyin and a word for their kind."""

_READINGS = """
ai 爱 an 安 ao 奥敖 ba 八叭坝 bai 柏白百 ban 斑板 bao 保堡宝 bei 北碑 bin 斌滨 bo 博渤 bu 不 cai 彩蔡采 cang 仓 cao 槽草 cha 刹岔茶
chan 产 chang 场常昌长 chao 朝 che 车 chen 辰 cheng 城成 chi 尺池翅赤 chong 崇 chu 䢺 chuang 创 chun 春椿 cu 簇 cui 崔
cun 村 da 大达 dai 带 dan 丹 dao 道 de 德 deng 凳蹬 di 地堤 dian 店淀 ding 定顶 dong 东董 dou 窦豆 du 渡独都 dun 墩 er 二儿
fa 发垡法 fan 繁范 fang 坊房方芳 feng 丰冯凤峰风 fu 佛府抚福 gan 甘 gang 岗港 gao 篙高 ge 各葛 geng 埂 gong 公宫拱 gou 沟 gu 古固谷鼓
guan 关官灌管观馆 guang 光广 gui 桂 guo 国果 hai 海 han 韩 hang 航 he 合和河禾荷鹤 hei 黑 hong 宏洪红 hou 侯后 hu 呼户湖 hua 划华花
huai 怀淮 huang 凰黄 hui 回 huo 漷火霍 ji 基季技机济籍际集 jia 佳夹家甲葭贾 jian 建煎简间 jiang 匠将江浆 jiao 交窖角 jie 结街 jin 劲晋津金锦
jing 井京景经靖 jiu 九旧酒 ju 巨聚驹 jun 军君 kai 开 kan 看 kang 康 ke 棵科 kong 孔空 kou 口 kuai 块 kui 奎 la 喇 lai 崃来 lan
栏览 lao 老 le 乐 lei 雷 li 丽利李梨璃礼里 lian 莲连 liang 良 liao 廖 lin 临林 ling 岭陵 liu 六刘柳榴流琉 long 隆龙 lou 楼 lu
卢潞芦路鲁鹿 luo 洛罗螺 ma 马 mai 麦 man 满 men 门 meng 濛猛 mi 密弥米 mian 面 miao 妙庙 ming 明鸣 mo 磨 mou 牟 mu 木穆 nan 南
nei 内 nian 年碾 ning 宁 niu 牛 pai 牌 pan 潘盘 pang 庞 peng 彭 pi 郫 ping 平苹 po 坡 pu 普浦蒲 qi 七旗栖 qian 前千 qiao 桥
qin 琴 qing 庆清青 qiong 邛 qu 区渠 quan 全泉 ran 然 ren 仁 rong 荣融 rou 柔 ru 儒 san 三 sang 桑 sha 沙 shan 善山 shang
上商 shao 哨少邵 she 射 shen 沈 sheng 升圣生盛胜 shi 什十史市师施栅狮石示 shou 寿首 shu 书曙术树 shuang 双 shui 水 shun 顺 si 四寺泗驷
song 宋松 su 苏 sui 遂 sun 孙 ta 塔踏 tai 台太 tan 坛檀滩潭 tang 唐堂塘汤 tao 陶 ti 体 tian 天田 tiao 跳 tie 铁 ting 亭 tong
同筒通 tou 头投 tu 土 tuan 团 tun 屯 tuo 坨 wa 洼 wai 外 wan 万宛弯湾 wang 旺望王 wei 魏 wen 文温 weng 翁 wo 窝 wu 五务武物 xi
洗溪熙犀西 xia 下夏霞 xian 仙县贤 xiang 乡厢向香 xiao 小校肖 xin 信心新辛 xing 兴幸星杏 xiong 熊 xue 学 ya 亚 yan 堰延燕阎雁 yang 养杨羊阳
yao 姚药 ye 业 yi 义亦医怡邑驿 yin 银音 ying 瀛营迎 yong 永涌 you 又友右 yu 于峪御榆渔玉育 yuan 元原园源缘苑远院 yue 悦月 yun 云运 zang 臧
ze 泽 zhai 寨斋 zhan 展盏站 zhang 张 zhao 赵 zhe 柘 zhen 珍贞镇 zheng 正 zhi 直纸致 zhong 中钟 zhou 周州 zhu 主珠竹竺 zhuan
转 zhuang 壮庄 zhui 追 zi 子梓紫自 zu 族 zuo 佐作左
"""

_WORDS = _READINGS.split()
PINYIN = {char: reading for reading, chars in zip(_WORDS[::2], _WORDS[1::2]) for char in chars}

# Names whose reading or English form the rules do not give.
SPECIAL = {
    "马家堡街道": "Majiapu Subdistrict",
    "北京经济技术开发区": "Beijing Economic-Technological Development Area",
    "中关村国家自主创新示范区大兴生物医药产业基地": "Zhongguancun Daxing Biomedical Industry Base",
    "大兴经济开发区": "Daxing Economic Development Area", "大兴国际机场": "Daxing International Airport",
    "北京雁栖经济开发区": "Beijing Yanqi Economic Development Area",
    "中关村科技园区密云园": "Zhongguancun Science Park Miyun", "首都机场街道": "Capital Airport Subdistrict",
}

KINDS = (("满族乡", "Manchu Township"), ("回族乡", "Hui Township"), ("街道", "Subdistrict"), ("地区", "Area"), ("镇", "Town"),
         ("乡", "Township"), ("区", "District"), ("县", "County"), ("市", "City"))


def english(name):
    """'中关村街道' -> 'Zhongguancun Subdistrict'."""
    if name in SPECIAL:
        return SPECIAL[name]
    for suffix, word in KINDS:
        if name.endswith(suffix):
            stem = name[:-len(suffix)]
            if len(stem) == 1:  # 张镇 is read as one word
                stem = name
            return "".join(PINYIN[char] for char in stem).capitalize() + " " + word
    raise SystemExit(f"no English form for {name}")
