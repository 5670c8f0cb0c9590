import type { FeedCell, FeedComparison, FeedIndicator, FeedPlace, Label } from '@/api/types';

import { formatDay, formatTimeOfDay, localDay } from './format';

/** What is known of an indicator whose values are shown. */
export type Figure = Pick<FeedIndicator, 'code' | 'name' | 'unit' | 'precision'> & { better?: string };

const kNone = '–';
const kMinuteMs = 60_000;
const kDayMs = 86_400_000;

/** With the decimal places of its indicator; a dash when there is none, which is not 0. */
export function formatValue(value: number | undefined, precision: number | undefined, locale: string): string {
  if (value === undefined) return kNone;
  const digits = precision ?? 0;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A change with its sign; "0" has none. */
export function formatChange(change: number | undefined, precision: number | undefined, locale: string): string {
  if (change === undefined) return kNone;
  const digits = precision ?? 0;
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'exceptZero',
  }).format(change);
}

/** A relative change (0.053) with its sign, in per cent. */
export function formatChangeRate(rate: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(rate);
}

export function isPercent(unit: Label | undefined): boolean {
  return unit?.zh === '%' || unit?.en === '%';
}

/** Whether a change is for the better; undefined when it is none, or nobody says which way is better. */
export function changeSense(comparison: FeedComparison, better: string | undefined): 'better' | 'worse' | undefined {
  if (!comparison.change || (better !== 'higher' && better !== 'lower')) return undefined;
  return (comparison.change > 0) === (better === 'higher') ? 'better' : 'worse';
}

type Placed = Pick<FeedPlace, 'area' | 'by' | 'member' | 'thing'>;

/** The same for the same place, or member of it. */
export function placeKey({ area, by, member, thing }: Placed): string {
  return [area ?? '', by ?? '', member ?? '', thing ?? ''].join('|');
}

/** The same for the value of the same place and period. */
export function cellKey(cell: Placed & Pick<FeedCell, 'indicator' | 'from'>): string {
  return `${cell.indicator}|${placeKey(cell)}|${cell.from}`;
}

/** A page's table: `cells` by indicator and place, each a list by period, as the page gives them. */
export type Series = Map<string, Map<string, FeedCell[]>>;

export function seriesOf(cells: readonly FeedCell[]): Series {
  const found: Series = new Map();
  for (const cell of cells) {
    let places = found.get(cell.indicator);
    if (!places) found.set(cell.indicator, (places = new Map()));
    const key = placeKey(cell);
    const list = places.get(key);
    if (list) list.push(cell);
    else places.set(key, [cell]);
  }
  return found;
}

/**
 * The cells with what has changed put in its place. Cells that did not change stay the same objects. What the page
 * does not have is left out: a page whose periods have moved on comes as a whole.
 */
export function mergeCells(cells: readonly FeedCell[], changes: readonly FeedCell[]): FeedCell[] {
  const changed = new Map(changes.map((cell) => [cellKey(cell), cell]));
  return cells.map((cell) => changed.get(cellKey(cell)) ?? cell);
}

function timeOfDay(instant: string, locale: string, timeZone: string): string {
  return formatTimeOfDay(instant, locale, timeZone).slice(0, 5);
}

/** A period in words of the city's calendar: an hour, a day, a month, or the first and the last day. */
export function formatPeriod(from: string, to: string, locale: string, timeZone: string): string {
  const midnight = (instant: string): boolean => timeOfDay(instant, 'sv-SE', timeZone) === '00:00';
  const first = localDay(new Date(from), timeZone);
  if (!midnight(from) || !midnight(to)) {
    const lastMoment = new Date(Date.parse(to) - 1);
    const last = localDay(lastMoment, timeZone);
    const end = timeOfDay(to, locale, timeZone) === '00:00' ? '24:00' : timeOfDay(to, locale, timeZone);
    const begin = `${formatDay(first, locale)} ${timeOfDay(from, locale, timeZone)}`;
    return first === last ? `${begin}–${end}` : `${begin} – ${formatDay(last, locale)} ${end}`;
  }
  const last = localDay(new Date(Date.parse(to) - kMinuteMs), timeZone);
  if (first === last) return formatDay(first, locale);
  const next = localDay(new Date(to), timeZone);
  if (first.endsWith('-01') && next.endsWith('-01') && last.startsWith(first.slice(0, 8))) {
    return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', year: 'numeric', month: 'long' }).format(Date.parse(first));
  }
  return `${formatDay(first, locale)} – ${formatDay(last, locale)}`;
}

/** A period in few characters, for an axis or a column: its hour, its day, or its month. */
export function formatPeriodShort(from: string, to: string, locale: string, timeZone: string): string {
  const length = Date.parse(to) - Date.parse(from);
  const options: Intl.DateTimeFormatOptions =
    length < 20 * 60 * kMinuteMs ? { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
    : length < 27 * kDayMs ? { month: 'numeric', day: 'numeric' }
    : length < 360 * kDayMs ? { year: 'numeric', month: 'numeric' }
    : { year: 'numeric' };
  return new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(Date.parse(from));
}

/** The last second of a local day "2026-11-20", as an instant. */
export function endOfDay(day: string, timeZone: string): string {
  // Two steps find the offset in force, whatever it was before a change of clocks.
  const wanted = Date.parse(`${day}T23:59:59Z`);
  let instant = wanted;
  for (let step = 0; step < 2; step++) {
    const shown = new Intl.DateTimeFormat('sv-SE', {
      timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    }).format(instant);
    instant += wanted - Date.parse(`${shown.replace(' ', 'T')}Z`);
  }
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

/** Decimal places with which the edges of classes can be told apart. */
export function edgeDigits(width: number, precision: number | undefined): number {
  const least = precision ?? 0;
  if (!(width > 0)) return least;
  return Math.min(Math.max(least, Math.ceil(-Math.log10(width))), 12);
}

/** Shares of the longest bar from where 0 lies: bars of negative values run the other way. */
export function barOf(value: number, values: readonly number[]): { start: number; length: number } {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const width = high - low || 1;
  return { start: (Math.min(value, 0) - low) / width, length: Math.abs(value) / width };
}
