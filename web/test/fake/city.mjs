// A small made-up city for working on the pages without the server: areas, categories, cases with whole lives.
// Everything follows from the seed, so that tests know what to expect.

export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const day = '2026-11-20';
export const extent = [116.1, 39.75, 116.7, 40.15];
const root = { code: '990100', parent: '', level: 'city', name: { zh: '示例市', en: 'Example City' }, schematic: false, has_children: true };

const districtNames = [
  ['东湖区', 'Donghu'], ['西山区', 'Xishan'], ['南浦区', 'Nanpu'], ['北城区', 'Beicheng'], ['新港区', 'Xingang'], ['高桥区', 'Gaoqiao'],
];
const streetNames = [['东风街道', 'Dongfeng'], ['和平街道', 'Heping'], ['建设街道', 'Jianshe'], ['花园街道', 'Huayuan']];

/** Grid corners moved a little, so that outlines look like a city's and still tile without gaps. */
function corners(columns, rows, [west, south, east, north], wobble, next) {
  const grid = [];
  for (let row = 0; row <= rows; row++) {
    const line = [];
    for (let column = 0; column <= columns; column++) {
      const edge = row === 0 || column === 0 || row === rows || column === columns;
      const move = () => (edge ? 0.25 : 1) * wobble * (next() - 0.5);
      line.push([
        west + ((east - west) * column) / columns + move(), south + ((north - south) * row) / rows + move(),
      ]);
    }
    grid.push(line);
  }
  return grid;
}

function makeAreas(next) {
  const areas = [root];
  const polygons = new Map();
  const grid = corners(6, 4, extent, 0.06, next);
  districtNames.forEach(([zh, en], d) => {
    const code = `9901${String(d + 1).padStart(2, '0')}`;
    areas.push({ code, parent: root.code, level: 'district', name: { zh, en: `${en} District` }, schematic: false, has_children: true });
    const [column, row] = [(d % 3) * 2, Math.floor(d / 3) * 2];
    const outline = [
      grid[row][column], grid[row][column + 1], grid[row][column + 2], grid[row + 1][column + 2], grid[row + 2][column + 2],
      grid[row + 2][column + 1], grid[row + 2][column], grid[row + 1][column], grid[row][column],
    ];
    polygons.set(code, outline);
    streetNames.forEach(([streetZh, streetEn], s) => {
      const street = `${code}${String(s + 1).padStart(3, '0')}`;
      areas.push({ code: street, parent: code, level: 'street', name: { zh: streetZh, en: `${streetEn} Street` }, schematic: true, has_children: false });
      const [c, r] = [column + (s % 2), row + Math.floor(s / 2)];
      polygons.set(street, [grid[r][c], grid[r][c + 1], grid[r + 1][c + 1], grid[r + 1][c], grid[r][c]]);
    });
  });
  return { areas, polygons };
}

const set = 'GBT47678.5-2026';
export const categories = [
  ['06010', '暴露垃圾', 'Exposed rubbish'], ['06012', '道路不洁', 'Dirty road'], ['06036', '乱堆杂物', 'Piled-up objects'],
  ['07001', '非法小广告', 'Illegal small advertisements'], ['09005', '店外经营', 'Trading outside the shop'],
  ['09010', '非机动车乱停放', 'Badly parked bicycles'], ['06013', '道路破损', 'Damaged road'],
  ['01001', '供水井盖异常', 'Water supply manhole cover fault'], ['08004', '工地扬尘', 'Dust from a building site'],
].map(([code, zh, en]) => ({ id: `${set}/matter/${code}`, code_set: set, kind: 'matter', code, name: { zh, en } }));

export const departments = [
  ['D01', '城市管理综合行政执法局', 'Urban administration bureau'], ['D02', '环境卫生服务中心', 'Sanitation centre'],
  ['D03', '水务局', 'Water bureau'], ['D04', '交通局', 'Transport bureau'], ['D05', '园林绿化局', 'Parks bureau'],
].map(([code, zh, en]) => ({ code, name: { zh, en } }));

export const standards = categories.map((category, index) => ({
  code: `S${index + 1}`, category: category.id,
  condition: { zh: `${category.name.zh}，影响市容或通行`, en: `${category.name.en} that harms the look of the place or is in the way` },
  limit: { value: [4, 2, 1, 5][index % 4], unit: ['work_hour', 'urgent_hour', 'work_day', 'work_day'][index % 4] },
  closing: { zh: '清理完毕，恢复整洁', en: 'Cleared, place clean again' },
}));

export const states = [
  ['reported', '待立案', 'To be filed', 'intake'], ['dispatching', '待派遣', 'To be dispatched', 'dispatch'],
  ['handling', '处置中', 'Being handled', 'handle'], ['checking', '待核查', 'To be checked', 'check'],
  ['suspended', '已挂账', 'Suspended', 'suspended'], ['closed', '已结案', 'Closed', 'done'], ['void', '已作废', 'Void', 'done'],
].map(([code, zh, en, phase]) => ({ code, name: { zh, en }, phase }));
export const state = (code) => states.find((item) => item.code === code);

export const sources = [
  ['collector', '信息采集员', 'Collectors', 0.62], ['evaluation', '考评检查', 'Inspections', 0.15], ['public', '公众', 'Public', 0.12],
  ['iot', '物联网', 'Sensors', 0.05], ['video', '视频', 'Video', 0.04], ['satellite', '卫星遥感', 'Satellite', 0.02],
].map(([code, zh, en, share]) => ({ code, name: { zh, en }, share }));

const roads = ['学院路', '人民大街', '滨河西路', '长安里', '新华南路', '中关街'];
const hour = 3_600_000;

let seq = 0;
/** One entry of the time line; the fake journal is the concatenation of all of them. */
export function entry(item, at, action, names, from, to, extra = {}) {
  seq += 1;
  return {
    seq, at: new Date(at).toISOString(), action: { code: action, name: names }, from: state(from), to: state(to),
    actor: { kind: 'system' }, automatic: true, changes: { state: to }, ...extra,
  };
}

export const names = {
  report: { zh: '上报', en: 'Report' }, file: { zh: '立案', en: 'File' }, dispatch: { zh: '派遣', en: 'Dispatch' },
  finish: { zh: '处置完成', en: 'Handled' }, close: { zh: '结案', en: 'Close' }, hand_over: { zh: '转人工', en: 'Hand over' },
  overdue: { zh: '超期', en: 'Overdue' },
};

function chooseSource(next) {
  let left = next();
  return sources.find((source) => (left -= source.share) < 0) ?? sources[0];
}

function makeCase(index, next, streets, polygons) {
  const street = streets[Math.floor(next() * streets.length)];
  const outline = polygons.get(street.code);
  const [a, b, c, d] = outline;
  const [u, v] = [0.1 + 0.8 * next(), 0.1 + 0.8 * next()];
  const mix = (p, q, share) => [p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share];
  const [lon, lat] = mix(mix(a, b, u), mix(d, c, u), v);
  const pick = Math.floor(next() * categories.length);
  const category = categories[pick];
  const standard = standards[pick];
  const source = chooseSource(next);
  const at = Date.parse(`${day}T00:10:00+08:00`) + Math.floor((index / 420) * 20.5 * hour);
  const item = {
    id: `${street.code.slice(0, 6)}${day.replaceAll('-', '')}${String(index + 1).padStart(5, '0')}`,
    state: state('reported'), workflow: 'standard', category: { id: category.id, code: category.code, name: category.name },
    street: street.code, lon, lat, address: `${roads[Math.floor(next() * roads.length)]}${1 + Math.floor(next() * 180)}号`,
    description: `${category.name.zh}，位于路边，约 ${1 + Math.floor(next() * 6)} 平方米`, source: source.code,
    assisting: [], clocks: [], counters: { reports: 1, rework: 0 }, flags: [], children: [], generated: true,
    attachments: [], reported_at: new Date(at).toISOString(), reporter: source.code === 'public' ? { name: '张*', phone: '138****1234' } : undefined,
    version: 1, timeline: [],
  };
  const add = (...rest) => item.timeline.push(entry(item, ...rest));
  add(at, 'report', names.report, undefined, 'reported', {
    automatic: false, actor: { kind: 'person', account: 'wang', post: { code: 'P3', name: { zh: '信息采集员', en: 'Collector' } } },
    changes: { category: category.id, lon, lat, source: source.code },
  });
  const fate = next();
  if (fate < 0.05) {
    add(at + 1200, 'hand_over', names.hand_over, 'reported', 'reported', {
      reason: { zh: '该类目有多个立案条件，需受理员选择', en: 'The category has several filing conditions; an acceptor has to choose' },
      rule: 'standard/auto-file/several', confidence: 0.4,
    });
    return item;
  }
  const filed = at + 2000;
  item.standard = standard;
  item.filed_at = new Date(filed).toISOString();
  add(filed, 'file', names.file, 'reported', 'dispatching', {
    reason: { zh: `类目只有一个立案条件“${standard.condition.zh}”，符合即自动立案`, en: 'The category has one filing condition and the report meets it' },
    rule: 'standard/auto-file/single', confidence: 1, changes: { state: 'dispatching', standard: standard.code },
  });
  if (fate < 0.09) {
    item.state = state('dispatching');
    add(filed + 900, 'hand_over', names.hand_over, 'dispatching', 'dispatching', {
      reason: { zh: '权责清单中有两个主办部门，转派遣员', en: 'Two lead departments in the responsibility list; over to a dispatcher' },
      rule: 'standard/auto-dispatch/several', confidence: 0.5,
    });
    return item;
  }
  const department = departments[pick % departments.length];
  const dispatched = filed + 1000;
  item.department = department;
  item.dispatched_at = new Date(dispatched).toISOString();
  add(dispatched, 'dispatch', names.dispatch, 'dispatching', 'handling', {
    reason: { zh: `权责清单：${category.name.zh} × ${street.name.zh} → ${department.name.zh}（依据：三定方案）`, en: `Responsibility list: ${category.name.en} × ${street.name.en} → ${department.name.en}` },
    rule: 'standard/auto-dispatch/one', confidence: 1, changes: { state: 'handling', department: department.code },
  });
  const due = dispatched + standard.limit.value * hour * (standard.limit.unit === 'work_day' ? 8 : 1);
  const clock = { code: 'handle', name: { zh: '处置', en: 'Handling' }, extensions: 0, limit: standard.limit, started: item.dispatched_at, due: new Date(due).toISOString(), overdue: false, paused: false, exempt: false };
  item.clocks.push(clock);
  const took = (0.3 + next() * 1.1) * (due - dispatched);
  const handled = dispatched + took;
  if (fate < 0.3) {
    item.state = state('handling');
    clock.overdue = next() < 0.25;
    if (clock.overdue) {
      clock.due = new Date(dispatched + 600_000).toISOString();
      add(dispatched + 600_000, 'overdue', names.overdue, 'handling', 'handling', { reason: { zh: '处置时限已到', en: 'The handling limit has passed' }, rule: 'clock/handle' });
    }
    return item;
  }
  item.handled_at = new Date(handled).toISOString();
  clock.stopped = item.handled_at;
  clock.overdue = handled > due;
  add(handled, 'finish', names.finish, 'handling', 'checking', {
    automatic: false, actor: { kind: 'person', account: 'li', post: { code: 'P4', name: { zh: '处置人员', en: 'Handler' } } }, reason: { zh: '已清理，附处置后照片', en: '' },
  });
  item.state = state('checking');
  if (fate < 0.36) return item;
  const closed = handled + 0.4 * hour;
  item.closed_at = new Date(closed).toISOString();
  item.state = state('closed');
  add(closed, 'close', names.close, 'checking', 'closed', {
    reason: { zh: '核查通过，符合结案条件', en: 'The check found the closing condition met' }, rule: 'standard/auto-close', confidence: 0.96,
  });
  return item;
}

export function makeCity(seed = 7) {
  const next = random(seed);
  const { areas, polygons } = makeAreas(next);
  const streets = areas.filter((area) => area.level === 'street');
  const cases = Array.from({ length: 420 }, (_, index) => makeCase(index, next, streets, polygons));
  const path = (code) => {
    const steps = [];
    for (let area = areas.find((item) => item.code === code); area; area = areas.find((item) => item.code === area.parent)) {
      steps.unshift({ code: area.code, level: area.level, name: area.name });
    }
    return steps;
  };
  for (const item of cases) item.area_path = path(item.street);
  return { areas, polygons, cases, root };
}
