// Three air stations: one clean, one foul with a gap in its readings, one that has never said anything.
const hour = 3_600_000;
const newest = Date.parse('2026-11-20T10:00:00Z');
const at = (hours) => new Date(newest - hours * hour).toISOString().replace('.000Z', 'Z');

const good = { step: 1, class: { zh: '优', en: 'Good' } };
const severe = { step: 6, class: { zh: '严重污染', en: 'Severely polluted' } };
const pm25 = { name: 'PM2.5', label: { zh: '细颗粒物', en: 'Fine particles' }, unit: 'µg/m³' };
const wind = { name: 'wd', label: { zh: '风向', en: 'Wind direction' } };
const thing = (id, code, zh, en, lon, lat, readings) => ({
  id, code, type: 'air_station', state: 'active', name: { zh, en }, area: '990101', lon, lat,
  department: { code: 'D01', name: { zh: '监测中心', en: 'Monitoring centre' } }, readings,
});

export const things = [
  thing('1', 'A1', '湖心站', 'Lake', 116.25, 39.9, [
    { stream: '11', ...pm25, value: 12.5, time: at(0), ...good, health: 'online' },
    { stream: '12', ...wind, text: 'NNW', time: at(0), health: 'online' },
  ]),
  thing('2', 'A2', '山脚站', 'Foothill', 116.5, 40.0, [
    { stream: '21', ...pm25, value: 312, time: at(5), ...severe, health: 'offline', flags: ['after_gap'] },
  ]),
  thing('3', 'A3', '新站', 'New', 116.4, 39.85, [{ stream: '31', ...pm25, health: 'unknown' }]),
];

export function readingsOf({ readings }) {
  const times = readings.flatMap((reading) => (reading.time ? [Date.parse(reading.time)] : []));
  const to = Math.max(...times);
  const items = readings.map((reading) => {
    const points = [];
    for (let hours = 71; reading.time && hours >= 0; hours--) {
      // Five hours without a reading, in the middle.
      if (reading.value !== undefined && hours >= 30 && hours < 35) continue;
      const time = new Date(to - hours * hour).toISOString().replace('.000Z', 'Z');
      if (reading.value !== undefined) points.push({ time, value: hours === 0 ? reading.value : Math.round(50 + 40 * Math.sin(hours / 5)) });
      else points.push({ time, text: reading.text });
    }
    return { stream: reading.stream, name: reading.name, label: reading.label, unit: reading.unit, interval_s: 3600, points };
  });
  if (times.length === 0) return { cut: false, items };
  return { from: new Date(to - 72 * hour).toISOString(), to: new Date(to).toISOString(), cut: false, items };
}
