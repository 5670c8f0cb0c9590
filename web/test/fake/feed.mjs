// Pages of indicators over the made-up city: counts of its cases, a rate of them, and readings that a formula makes.
const hour = 3_600_000;
const label = (zh, en) => ({ zh, en });
const iso = (at) => new Date(at).toISOString().replace('.000Z', 'Z');

export const indicators = [
  { code: 'reported', name: label('上报', 'Reported'), rule: 'counted', period: 'day', better: undefined },
  { code: 'closed', name: label('结案', 'Closed'), rule: 'counted', period: 'day', better: 'higher' },
  { code: 'closing_rate', name: label('结案率', 'Closing rate'), rule: 'formula', period: 'day', better: 'higher', precision: 1, unit: label('%', '%'), formula: '100 * closed / reported', inputs: ['closed', 'reported'],
    thresholds: [{ colour: 'red', when: 'below', limit: 60, clear: 60 }] },
  { code: 'pm25_hour', name: label('PM2.5 小时平均', 'PM2.5 hourly mean'), rule: 'observed', period: 'hour', better: 'lower', unit: label('µg/m³', 'µg/m³') },
  { code: 'noise', name: label('噪声', 'Noise'), rule: 'observed', period: 'hour', unit: label('dB', 'dB') },
].map((one) => ({ level: 4, periods: [one.period], subjects: ['area'], precision: 0, inputs: [], source: 'test/fake', ...one }));

const page = (code, zh, en, rest) => ({ code, name: label(zh, en), source: 'test/fake', periods: 1, shape: 'table', ...rest });
export const pages = [
  page('city_now', '全市今日', 'The city now', { note: label('一张卡片一个指标', 'A card for each indicator'), indicators: ['reported', 'closed', 'closing_rate', 'noise'], compare: 'previous' }),
  page('districts', '各区今日', 'Districts now', { indicators: ['reported', 'closed', 'closing_rate'], parts: true, period: 'day' }),
  page('sources', '按来源', 'By source', { indicators: ['reported', 'closing_rate'], by: 'source' }),
  page('air_hours', '空气 24 小时', 'Air, 24 hours', { indicators: ['pm25_hour', 'noise'], parts: true, periods: 24, period: 'hour' }),
  page('worst', '结案率排名', 'Closing rates ranked', { indicators: ['closing_rate', 'reported'], level: 'district', shape: 'ranking', top: 5 }),
  page('classes', '街道分布', 'Streets by class', { indicators: ['reported', 'closing_rate'], level: 'street', shape: 'distribution' }),
];

export function makeFeed(city, sources, day) {
  const dimension = { code: 'source', name: label('来源', 'Source'), levels: ['city', 'district'], members: sources.map(({ code, name }) => ({ code, name })) };
  const midnight = Date.parse(`${day}T00:00:00+08:00`);
  let sequence = 1;
  let version = 1;

  const casesIn = ({ area, member }) => city.cases.filter((item) =>
    item.area_path.some((step) => step.code === area) && (!member || item.source === member));
  function exactOf(code, place, from) {
    if (code === 'pm25_hour') {
      const index = (from - midnight) / hour;
      // Three hours without a value, at noon.
      if (index >= 12 && index < 15) return undefined;
      return 60 + 40 * Math.sin(index / 4) + (Number(place.area) % 7);
    }
    if (code === 'noise' || from !== midnight) return undefined;
    const items = casesIn(place);
    const closed = items.filter((item) => item.closed_at).length;
    if (code === 'reported') return items.length;
    if (code === 'closed') return closed;
    return items.length ? (100 * closed) / items.length : undefined;
  }
  function cellOf(indicator, place, from, compare) {
    const length = indicator.period === 'hour' ? hour : 24 * hour;
    const cell = { indicator: indicator.code, ...place, from: iso(from), to: iso(from + length) };
    const exact = exactOf(indicator.code, place, from);
    const scale = 10 ** indicator.precision;
    if (exact !== undefined) cell.value = Math.round(exact * scale) / scale;
    const reached = exact !== undefined && indicator.thresholds?.find(({ limit }) => exact < limit);
    if (reached) cell.colour = reached.colour;
    if (compare && exact !== undefined) {
      const value = Math.round((exact * 0.9) * scale) / scale;
      const change = Math.round((exact - value) * scale) / scale;
      cell.previous = { from: iso(from - length), to: iso(from), value, change, ...(indicator.unit?.zh === '%' ? {} : { rate: value ? Math.round((change / value) * 1e4) / 1e4 : undefined }) };
    }
    return cell;
  }

  /** What a query asks for, what its page says included; a text is why not. */
  function setOf(query) {
    const own = query.get('page') ? pages.find(({ code }) => code === query.get('page')) : { indicators: (query.get('indicators') ?? '').split(',').filter(Boolean), periods: 1 };
    if (!own) return `there is no page "${query.get('page')}"; did you mean "city_now"?`;
    const areas = query.get('areas')?.split(',') ?? own.areas ?? [city.root.code];
    const shape = query.get('shape') ?? own.shape ?? 'table';
    const places = areas.flatMap((code) => {
      const below = own.parts ? city.areas.filter(({ parent }) => parent === code)
        : own.level ? city.areas.filter((area) => area.level === own.level && area.code.startsWith(code === city.root.code ? '9901' : code)) : [];
      const found = shape === 'table' || below.length === 0 ? [city.areas.find((area) => area.code === code), ...below] : below;
      return found.flatMap((area) => (own.by ? dimension.members.map(({ code: member }) => ({ area: area.code, by: own.by, member })) : [{ area: area.code }]));
    });
    return { indicators: own.indicators.map((code) => indicators.find((one) => one.code === code)), places, shape, periods: Number(query.get('periods') ?? own.periods), top: Number(query.get('top') ?? own.top ?? 0), compare: own.compare };
  }

  function read(query) {
    const set = setOf(query);
    if (typeof set === 'string') return set;
    const cellsOf = (indicator) => set.places.flatMap((place) => Array.from({ length: set.periods }, (_, index) => {
      const last = indicator.period === 'hour' ? midnight + 23 * hour : midnight;
      const back = set.periods - 1 - index;
      return cellOf(indicator, place, last - back * (indicator.period === 'hour' ? hour : 24 * hour), set.compare);
    }));
    const placeOf = (place) => {
      const area = city.areas.find(({ code }) => code === place.area);
      return { ...place, name: area.name, level: area.level, ...(place.member ? { member_name: dimension.members.find(({ code }) => code === place.member).name } : {}) };
    };
    const out = { sequence, journal: sequence, indicators: set.indicators.map(({ code, name, unit, precision, better, thresholds }) => ({ code, name, unit, precision, better: better ?? 'neither', thresholds: thresholds ?? [] })), places: set.places.map(placeOf) };
    if (set.shape === 'table') return { ...out, cells: set.indicators.flatMap(cellsOf) };
    if (set.shape === 'ranking') {
      return { ...out, rankings: set.indicators.map((indicator) => {
        const sign = indicator.better === 'lower' ? 1 : -1;
        const cells = cellsOf(indicator).sort((a, b) => sign * ((a.value ?? -sign * Infinity) - (b.value ?? -sign * Infinity)));
        for (const cell of cells) if (cell.value !== undefined) cell.place = 1 + cells.findIndex(({ value }) => value === cell.value);
        return { indicator: indicator.code, from: cells[0].from, to: cells[0].to, items: set.top ? cells.slice(0, set.top) : cells };
      }) };
    }
    return { ...out, distributions: set.indicators.map((indicator) => {
      const cells = cellsOf(indicator);
      const values = cells.flatMap(({ value }) => value ?? []).sort((a, b) => a - b);
      const [low, width] = [values[0], (values.at(-1) - values[0]) / 10];
      const bands = Array.from({ length: width > 0 ? 10 : 1 }, (_, index) => ({ from: low + width * index, to: low + width * (index + 1), count: 0 }));
      for (const value of values) bands[Math.min(width > 0 ? Math.floor((value - low) / width) : 0, 9)].count += 1;
      const red = cells.filter(({ colour }) => colour).length;
      return { indicator: indicator.code, from: cells[0].from, to: cells[0].to, count: values.length, without: cells.length - values.length, least: low, median: values[Math.floor((values.length - 1) / 2)], most: values.at(-1), bands, colours: red ? { red } : {}, grades: {} };
    }) };
  }

  /** A number with its parts, or its rows. */
  function open(query, summary) {
    const indicator = indicators.find(({ code }) => code === query.get('indicator'));
    const place = Object.fromEntries(['area', 'by', 'member'].flatMap((name) => (query.get(name) ? [[name, query.get(name)]] : [])));
    const length = indicator.period === 'hour' ? hour : 24 * hour;
    const from = midnight + Math.floor((Date.parse(query.get('at')) - midnight) / length) * length;
    const { previous, ...cell } = cellOf(indicator, place, from);
    const out = { sequence, journal: sequence, ...cell, inputs: indicator.inputs.map((code) => cellOf(indicators.find((one) => one.code === code), place, from)) };
    const exact = exactOf(indicator.code, place, from);
    if (exact !== undefined) out.exact = exact;
    if (indicator.rule === 'counted') {
      const counted = casesIn(place).filter((item) => indicator.code === 'reported' || item.closed_at);
      const cases = counted.slice(0, 100).map((item) => ({ ...summary(item), counts: 1 }));
      Object.assign(out, { cases, sum: cases.length, complete: cases.length === counted.length });
    }
    if (indicator.code === 'pm25_hour' && exact !== undefined) Object.assign(out, { readings: [0, 1, 2].map((index) => ({ id: String(index), stream: '11', time: iso(from + index * 1_200_000), value: exact + index - 1 })), thinned: [], complete: true });
    return out;
  }

  const followers = new Set();
  const write = (follower, event, data) => follower.response.write(`id: fake-${version}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  return {
    dimension, read, open,
    follow(response, query) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      const follower = { response, query, last: read(query) };
      response.write('retry: 200\n: hello\n\n');
      write(follower, 'values', follower.last);
      followers.add(follower);
      response.on('close', () => followers.delete(follower));
    },
    /** Something has changed: tells those whose values have. */
    changed() {
      sequence += 1;
      version += 1;
      for (const follower of followers) {
        const now = read(follower.query);
        const was = new Set((follower.last.cells ?? []).map((cell) => JSON.stringify(cell)));
        follower.last = now;
        const cells = now.cells?.filter((cell) => !was.has(JSON.stringify(cell)));
        if (!cells) write(follower, 'values', now);
        else if (cells.length > 0) write(follower, 'changes', { sequence, journal: sequence, cells });
      }
    },
    cut: () => followers.forEach(({ response }) => response.destroy()),
  };
}
