// A stand-in for the server, for developing and testing the pages. It answers from memory and forgets on exit; it is
// never part of the product. `node test/fake/server.mjs [port]` serves dist/ and the API on one address.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import geojsonvt from 'geojson-vt';
import vtpbf from 'vt-pbf';

import { indicators, makeFeed, pages } from './feed.mjs';
import { readingsOf, things } from './things.mjs';
import { categories, day, departments, entry, extent, makeCity, names, sources, standards, state, states } from './city.mjs';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.map': 'application/json' };
const measures = {
  reported: [{ zh: '上报', en: 'Reported' }, () => true],
  filed: [{ zh: '立案', en: 'Filed' }, (item) => item.filed_at],
  dispatched: [{ zh: '派遣', en: 'Dispatched' }, (item) => item.dispatched_at],
  handled: [{ zh: '处置', en: 'Handled' }, (item) => item.handled_at],
  closed: [{ zh: '结案', en: 'Closed' }, (item) => item.closed_at],
  on_time: [{ zh: '按期处置', en: 'Handled on time' }, (item) => item.handled_at && !item.clocks.some((clock) => clock.overdue)],
  overdue: [{ zh: '超期', en: 'Overdue' }, (item) => item.clocks.some((clock) => clock.overdue)],
};

const filters = 'number q area state open category department source queue holder collector parent from to near measure measure_kind measure_subject measure_area measure_from measure_to scope sort';
/** What each address takes; the server refuses anything else, so the fake does too. */
const parameters = {
  '/areas': 'parent level limit cursor', '/categories': 'code_set kind parent q limit cursor', '/standards': 'category limit cursor',
  '/departments': 'limit cursor', '/things': 'area type code limit cursor', readings: 'hours', '/workflows': 'limit cursor', '/cases': `${filters} limit cursor`, '/cases.csv': filters,
  timeline: 'limit cursor', '/statistics/funnel': 'area day', '/statistics/scores': 'subject post level from to formula',
  '/feed': 'page indicators areas parts level by member thing period at periods compare shape top', '/feed/value': 'indicator area by member thing period at limit',
};

/** Starts it; port 0 takes a free one. `generated` false leaves out the notice. */
export async function startFake({ port = 0, live = true } = {}) {
  const city = makeCity();
  const journal = city.cases.flatMap((item) => item.timeline.map((step) => ({ item, step }))).sort((a, b) => a.step.at.localeCompare(b.step.at));
  journal.forEach(({ step }, index) => (step.seq = index + 1));
  const sessions = new Set();
  const streams = new Set();
  const files = new Map();
  const feed = makeFeed(city, sources, day);
  let failing = 0;
  let stopped = false;

  const inArea = (item, area) => !area || item.area_path.some((step) => step.code === area);
  const liveOf = ({ item, step }) => ({
    ...step, case_id: item.id, source: item.source, generated: true, state: item.state, category: item.category.name, area: item.area_path.at(-1).name, lon: item.lon, lat: item.lat,
  });
  const summary = (item) => {
    const clock = item.clocks[0];
    const { timeline, street, clocks, reporter, standard, ...rest } = item;
    return { ...rest, due: clock?.due, overdue: clock?.overdue ?? false };
  };
  const send = (stream, record) => {
    if (inArea(record.item, stream.area) && (!stream.case || stream.case === record.item.id)) {
      stream.response.write(`id: ${record.step.seq}\nevent: entry\ndata: ${JSON.stringify(liveOf(record))}\n\n`);
    }
  };
  const append = (item, step) => {
    item.timeline.push(step);
    step.seq = journal.length + 1;
    journal.push({ item, step });
    for (const stream of streams) send(stream, journal.at(-1));
    feed.changed();
  };

  const perform = {
    file: (item, body) => {
      item.standard = standards.find((standard) => standard.code === body.standard);
      item.filed_at = new Date().toISOString();
      return 'dispatching';
    },
    dispatch: (item, body) => {
      item.department = departments.find((department) => department.code === body.department);
      item.dispatched_at = new Date().toISOString();
      return 'handling';
    },
    finish: (item, body) => {
      item.handled_at = new Date().toISOString();
      for (const sha256 of body.attachments ?? []) item.attachments.push({ ...files.get(sha256).meta, kind: 'after' });
      for (const clock of item.clocks) clock.stopped ??= item.handled_at;
      return 'checking';
    },
    close: (item) => {
      item.closed_at = new Date().toISOString();
      return 'closed';
    },
  };
  const must = (name) => ({ name, required: true });
  const allowed = {
    reported: [{ code: 'file', name: names.file, needs: [must('standard'), { name: 'reason', required: false }], to: 'dispatching' }],
    dispatching: [{ code: 'dispatch', name: names.dispatch, needs: [must('department'), { name: 'assisting', required: false }], to: 'handling' }],
    handling: [{ code: 'finish', name: names.finish, needs: [must('reason'), { name: 'attachment', required: false }], to: 'checking' }],
    checking: [{ code: 'close', name: names.close, needs: [{ name: 'reason', required: false }, { name: 'satisfaction', required: true, one_of: ['satisfied', 'dissatisfied'] }], to: 'closed' }],
  };

  const ticker = live ? setInterval(() => {
    const waiting = city.cases.filter((item) => allowed[item.state.code]);
    const item = waiting[Math.floor(Math.random() * waiting.length)];
    if (item) move(item, allowed[item.state.code][0].code, { standard: 'S1', department: 'D01' }, { kind: 'system' });
  }, 2500) : undefined;

  function move(item, action, body, actor) {
    const from = item.state.code;
    const to = perform[action](item, body);
    item.state = state(to);
    item.version += 1;
    append(item, entry(item, Date.now(), action, names[action], from, to, {
      actor, automatic: actor.kind === 'system', reason: body.reason ? { zh: body.reason, en: '' } : { zh: '规则满足，自动流转', en: 'The rule is met' }, rule: actor.kind === 'system' ? `standard/auto-${action}` : undefined,
      confidence: actor.kind === 'system' ? 1 : undefined,
    }));
    return item;
  }

  function select(query) {
    const q = query.get('q')?.toLowerCase();
    return city.cases.filter((item) => {
      const local = new Date(Date.parse(item.reported_at) + 8 * 3_600_000).toISOString().slice(0, 10);
      return inArea(item, query.get('area')) && inArea(item, query.get('measure_area'))
        && (!query.get('number') || item.id === query.get('number'))
        && (!query.get('state') || item.state.code === query.get('state'))
        && (!query.get('open') || (query.get('open') === 'true') === (item.state.phase !== 'done'))
        && (!query.get('category') || item.category.id === query.get('category'))
        && (!query.get('department') || item.department?.code === query.get('department'))
        && (!query.get('source') || item.source === query.get('source'))
        && (!query.get('from') || local >= query.get('from')) && (!query.get('to') || local <= query.get('to'))
        && (!query.get('measure') || measures[query.get('measure')][1](item))
        && (!q || `${item.description} ${item.address}`.toLowerCase().includes(q));
    }).reverse();
  }

  const score = (items) => {
    const count = (code) => items.filter(measures[code][1]).length;
    const filed = count('filed');
    if (filed === 0) return undefined;
    return 60 * (count('closed') / filed) + 40 * (1 - count('overdue') / filed);
  };

  function scores(query) {
    const kind = query.get('subject');
    const subjects = kind === 'department' ? departments.map((department) => [department, (item) => item.department?.code === department.code, `department=${department.code}`])
      : kind === 'source' ? sources.map((source) => [source, (item) => item.source === source.code, `source=${source.code}`])
      : kind === 'area' ? city.areas.filter((area) => area.level === query.get('level')).map((area) => [area, (item) => inArea(item, area.code), `area=${area.code}`])
      : [];
    return {
      subject: kind, from: query.get('from'), to: query.get('to'),
      formula: { code: 'demo', name: { zh: '示例公式', en: 'Example formula' }, unit: 'points', expression: '60 * closed / filed + 40 * (1 - overdue / filed)', source: 'test/fake', terms: [] },
      formulas: [{ code: 'demo', name: { zh: '示例公式', en: 'Example formula' } }],
      measure_names: Object.fromEntries(Object.entries(measures).map(([code, [name]]) => [code, name])),
      items: subjects.map(([subject, holds, condition]) => {
        const items = city.cases.filter(holds);
        const value = score(items);
        const grade = value === undefined ? undefined : value >= 85 ? { code: 'A', name: { zh: '优秀', en: 'Very good' }, colour: 'green' } : value >= 75 ? { code: 'B', name: { zh: '良好', en: 'Good' }, colour: 'blue' } : { code: 'C', name: { zh: '一般', en: 'Fair' }, colour: 'yellow' };
        const period = `from=${query.get('from')}&to=${query.get('to')}`;
        return {
          subject: { code: subject.code, name: subject.name }, score: value, raw_score: value, grade, terms: {},
          measures: Object.fromEntries(Object.entries(measures).map(([code, [, test]]) => [code, items.filter(test).length])),
          cases: Object.fromEntries(Object.keys(measures).map((code) => [code, `/cases?${condition}&measure=${code}&${period}`])),
        };
      }).sort((a, b) => (b.score ?? -1) - (a.score ?? -1)).map((item, index) => ({ ...item, place: index + 1 })),
    };
  }

  function tile(z, x, y) {
    const level = z < 11 ? 'district' : 'street';
    const polygons = city.areas.filter((area) => area.level === level).map((area) => {
      const items = city.cases.filter((item) => inArea(item, area.code) && item.state.phase !== 'done');
      return {
        type: 'Feature', geometry: { type: 'Polygon', coordinates: [city.polygons.get(area.code)] },
        properties: { code: area.code, name_zh: area.name.zh, name_en: area.name.en, level, schematic: area.schematic, open: items.length, overdue: items.filter((item) => item.clocks.some((clock) => clock.overdue)).length },
      };
    });
    const points = city.cases.filter((_, index) => z >= 10 || index % 10 === 0).map((item) => ({
      type: 'Feature', geometry: { type: 'Point', coordinates: [item.lon, item.lat] },
      properties: { id: item.id, state: item.state.code, category: item.category.code, source: item.source, overdue: item.clocks.some((clock) => clock.overdue), ...(z < 10 ? { count: 10 } : {}) },
    }));
    const layer = (features) => geojsonvt({ type: 'FeatureCollection', features }, { maxZoom: 16, indexMaxZoom: 0, buffer: 64 }).getTile(z, x, y);
    const layers = Object.fromEntries([['areas', layer(polygons)], ['cases', layer(points)]].filter(([, value]) => value));
    return Buffer.from(vtpbf.fromGeojsonVt(layers, { version: 2 }));
  }

  const problem = (status, code, title, detail) => ({ status, type: 'application/problem+json', body: { type: `/errors#${code}`, title, status, code, detail, request_id: 'fake-1' } });
  const page = (items) => ({ body: { items } });

  async function answer(method, path, query, request, body) {
    const signedIn = /chengshu_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    const known = signedIn && sessions.has(signedIn);
    const account = { login: 'demo', name: { zh: '演示账号', en: 'Demo account' }, permissions: ['act'], posts: [{ code: 'P1', kind: 'dispatcher', name: { zh: '派遣员', en: 'Dispatcher' } }] };
    if (failing > 0) {
      failing -= 1;
      return problem(503, 'overloaded', '系统繁忙，请稍后重试。');
    }
    if (method !== 'GET' && path !== '/sessions' && request.headers['x-chengshu-csrf'] !== '1') return problem(403, 'not_permitted', 'X-Chengshu-CSRF');
    const [, collection, id, part] = path.split('/');
    const foreign = [...query.keys()].find((name) => !(parameters[part ?? path] ?? parameters[path] ?? '').split(' ').includes(name));
    if (foreign !== undefined && collection !== 'tiles') return problem(400, 'invalid_input', '请求格式有误或取值超出范围。', `unknown parameter "${foreign}"`);
    if (path === '/sessions' && method === 'POST') {
      const { login, password } = JSON.parse(body.toString());
      if (login !== 'demo' || password !== 'demo') return problem(401, 'not_authenticated', '请登录或提供有效的令牌。', '账号或密码不正确。');
      const token = randomBytes(16).toString('hex');
      sessions.add(token);
      return { status: 201, body: { token, account }, headers: { 'Set-Cookie': `chengshu_session=${token}; HttpOnly; SameSite=Strict; Path=/` } };
    }
    if (path === '/sessions/current') {
      sessions.delete(signedIn);
      return { status: 204 };
    }
    if (path === '/me') return known ? { body: account } : problem(401, 'not_authenticated', '请登录或提供有效的令牌。');
    if (path === '/city') {
      return { body: {
        code: 'example', name: { zh: '示例市', en: 'Example City' }, time_zone: 'Asia/Shanghai', extent, day, generated: true, revision: 1, now: new Date().toISOString(), code_sets: ['GBT47678.5-2026'],
        levels: [['city', '市', 'City'], ['district', '区', 'District'], ['street', '街道', 'Street']].map(([code, zh, en]) => ({ code, name: { zh, en } })),
      } };
    }
    if (path === '/areas') return page(city.areas.filter((area) => (!query.has('parent') || area.parent === query.get('parent')) && (!query.has('level') || area.level === query.get('level'))));
    if (path === '/categories') return page(categories.filter((category) => `${category.code} ${category.name.zh} ${category.name.en}`.toLowerCase().includes((query.get('q') ?? '').toLowerCase().split(' ')[0])));
    if (path === '/departments') return page(departments);
    if (path === '/standards') return page(standards.filter((standard) => standard.category === query.get('category')));
    if (path === '/workflows') return page([{ code: 'standard', name: { zh: '标准流程', en: 'Standard' } }]);
    if (path === '/workflows/standard') return { body: { code: 'standard', name: { zh: '标准流程', en: 'Standard' }, states } };
    if (path === '/statistics/funnel') {
      const items = query.get('day') === day ? city.cases.filter((item) => inArea(item, query.get('area'))) : [];
      const filter = `measure_area=${query.get('area') ?? ''}&from=${query.get('day')}&to=${query.get('day')}`;
      return { body: {
        day: query.get('day'), area: query.get('area') ?? city.root.code,
        measures: Object.entries(measures).map(([code, [name, test]]) => ({ code, name, value: items.filter(test).length, cases: `/cases?measure=${code}&${filter}` })),
        sources: items.length === 0 ? [] : sources.map((source) => {
          const own = items.filter((item) => item.source === source.code);
          const [filed, closed] = ['filed', 'closed'].map((code) => own.filter(measures[code][1]).length);
          return { code: source.code, name: source.name, reported: own.length, filed, closed, closing_rate: filed ? closed / filed : 0 };
        }),
      } };
    }
    if ((path === '/statistics/scores' || path === '/cases.csv') && !known) return problem(401, 'not_authenticated', '请登录或提供有效的令牌。');
    if (path === '/statistics/scores') return { body: scores(query) };
    if (path === '/cases' || path === '/cases.csv') {
      const found = select(query);
      if (path === '/cases.csv') return { type: 'text/csv; charset=utf-8', raw: ['id,state', ...found.map((item) => `${item.id},${item.state.code}`)].join('\r\n') };
      const begin = Number(query.get('cursor') ?? 0);
      const limit = Number(query.get('limit') ?? 50);
      return { body: { items: found.slice(begin, begin + limit).map(summary), ...(begin + limit < found.length ? { next: String(begin + limit) } : {}) } };
    }
    if (path === '/pages') return page(pages);
    if (path === '/indicators') return page(indicators);
    if (path === '/dimensions') return page([feed.dimension]);
    if (path === '/feed') {
      const values = feed.read(query);
      return typeof values === 'string' ? problem(400, 'unknown_code', '代码未登记。', values) : { body: values };
    }
    if (path === '/feed/value') return { body: feed.open(query, summary) };
    if (path === '/things') return page(things.filter((thing) => !query.get('area') || thing.area.startsWith(query.get('area'))));
    if (collection === 'things') {
      const thing = things.find((candidate) => candidate.id === id);
      return thing ? { body: readingsOf(thing) } : problem(404, 'not_found', '对象不存在或对当前用户不可见。');
    }
    if (path === '/attachments' && method === 'POST') {
      const sha256 = createHash('sha256').update(body).digest('hex');
      const media = body.subarray(0, 4).toString('hex') === '89504e47' ? 'image/png' : body.subarray(0, 2).toString('hex') === 'ffd8' ? 'image/jpeg' : undefined;
      if (!media) return problem(415, 'unsupported_media', '不支持的内容类型或文件类型。');
      files.set(sha256, { body, meta: { sha256, media_type: media, size: body.length } });
      return { status: 201, body: files.get(sha256).meta };
    }
    if (collection === 'attachments' && files.has(id)) return { type: files.get(id).meta.media_type, raw: files.get(id).body };
    if (collection === 'cases') {
      const item = city.cases.find((candidate) => candidate.id === id);
      if (!item) return problem(404, 'not_found', '对象不存在或对当前用户不可见。');
      const whole = () => {
        const { timeline, street, ...rest } = item;
        return { body: { ...rest, inner: true, can_reveal: Boolean(known && item.reporter), overdue: item.clocks.some((clock) => clock.overdue), holder: item.state.phase === 'done' ? undefined : { post_kind: 'dispatcher' } }, headers: { ETag: `"${item.version}"` } };
      };
      if (!part) return whole();
      if (part === 'timeline') return page(item.timeline);
      if (!known) return problem(401, 'not_authenticated', '请登录或提供有效的令牌。');
      if (part === 'actions') return page(allowed[item.state.code] ?? []);
      if (part === 'reveal') return { body: { name: '张三丰', phone: '13800001234' } };
      if (part === 'transitions') {
        const wanted = JSON.parse(body.toString());
        if (!request.headers['idempotency-key']) return problem(400, 'invalid_input', 'Idempotency-Key');
        if (request.headers['if-match'] !== `"${item.version}"`) return problem(409, 'conflict', '对象已被他人修改，请重新读取。');
        if (!(allowed[item.state.code] ?? []).some((action) => action.code === wanted.action)) return problem(409, 'illegal_transition', '流程当前不允许此操作。');
        move(item, wanted.action, wanted, { kind: 'person', account: 'demo', post: account.posts[0] });
        return whole();
      }
    }
    const match = /^\/tiles\/(\d+)\/(\d+)\/(\d+)\.mvt$/.exec(path);
    if (match) return { type: 'application/vnd.mapbox-vector-tile', raw: tile(...match.slice(1).map(Number)) };
    return problem(404, 'not_found', '对象不存在或对当前用户不可见。');
  }

  function follow(request, response, query) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const stream = { response, area: query.get('area'), case: query.get('case') };
    const resumed = Number(request.headers['last-event-id'] ?? query.get('after') ?? Number.NaN);
    const mine = journal.filter(({ item }) => inArea(item, stream.area) && (!stream.case || stream.case === item.id));
    const begin = Number.isNaN(resumed) ? (query.has('last') ? mine.slice(-Number(query.get('last'))) : []) : mine.filter(({ step }) => step.seq > resumed);
    response.write(': hello\n\n');
    for (const record of begin) send(stream, record);
    streams.add(stream);
    response.on('close', () => streams.delete(stream));
  }

  function serveFile(response, pathname) {
    const file = join(dist, normalize(pathname === '/' ? '/index.html' : pathname));
    if (!file.startsWith(dist) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  }

  const server = createServer(async (request, response) => {
    // As strict as the server's own.
    response.setHeader('Content-Security-Policy', "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const url = new URL(request.url, 'http://fake');
    if (!url.pathname.startsWith('/api/v1/')) return serveFile(response, url.pathname);
    const path = url.pathname.slice('/api/v1'.length);
    if (path === '/events') return follow(request, response, url.searchParams);
    if (path === '/feed' && request.headers.accept?.includes('text/event-stream') && typeof feed.read(url.searchParams) !== 'string') {
      if (stopped) return request.socket.destroy();
      return feed.follow(response, url.searchParams);
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const result = await answer(request.method, path, url.searchParams, request, Buffer.concat(chunks));
    const raw = result.raw ?? (result.body === undefined ? '' : JSON.stringify(result.body));
    response.writeHead(result.status ?? 200, { 'Content-Type': result.type ?? 'application/json', 'Cache-Control': 'no-store', ...result.headers });
    response.end(raw);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Makes one system step on a case that waits for one. */
    step: () => {
      const item = city.cases.find((candidate) => candidate.state.code === 'checking');
      return move(item, 'close', {}, { kind: 'system' });
    },
    /** The next `count` answers are 503. */
    fail: (count) => (failing = count),
    /** Cuts every live stream, as a restart would. */
    cut: () => {
      streams.forEach((stream) => stream.response.destroy());
      feed.cut();
    },
    /** Whether pages of indicators cannot be followed. */
    stopFeed: (stop) => {
      stopped = stop;
      if (stop) feed.cut();
    },
    cases: city.cases,
    close: () => {
      clearInterval(ticker);
      for (const stream of streams) stream.response.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fake = await startFake({ port: Number(process.argv[2] ?? 8081) });
  console.log(fake.url);
}
