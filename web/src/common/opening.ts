import type { FeedCell, FeedDistribution, FeedValue, Indicator } from '@/api/types';

import { localDay } from './format';

/** Which number is opened: the parameters of /feed/value. */
export interface Opened {
  indicator: string;
  area?: string;
  by?: string;
  member?: string;
  thing?: string;
  period?: string;
  at: string;
}

/** Which class of a distribution is opened: its number from the lowest, or what its places have in common. */
export interface OpenedClass {
  indicator: string;
  /** "3" the fourth band, "colour:red", "grade:poor", "none" those without a value, "all". */
  of: string;
}

/** In a page's address they stand beside those of the page itself, which has an area and a moment of its own. */
const kPrefix = 'open_';
const kNames = ['area', 'by', 'member', 'thing', 'period', 'at'] as const;
const kIndicator = 'open';
const kClass = 'open_class';

export function withOpened(query: Record<string, string>, opened: Opened | OpenedClass): Record<string, string> {
  const out = withoutOpened(query);
  out[kIndicator] = opened.indicator;
  if ('of' in opened) return { ...out, [kClass]: opened.of };
  for (const name of kNames) {
    const value = opened[name];
    if (value) out[kPrefix + name] = value;
  }
  return out;
}

export function withoutOpened(query: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([name]) => name !== kIndicator && !name.startsWith(kPrefix)));
}

export function openedOf(query: Record<string, string>): Opened | undefined {
  const indicator = query[kIndicator];
  const at = query[`${kPrefix}at`];
  if (!indicator || !at || query[kClass]) return undefined;
  const out: Opened = { indicator, at };
  for (const name of kNames) {
    const value = query[kPrefix + name];
    if (value) out[name] = value;
  }
  return out;
}

export function openedClassOf(query: Record<string, string>): OpenedClass | undefined {
  const indicator = query[kIndicator];
  const of = query[kClass];
  return indicator && of ? { indicator, of } : undefined;
}

/** The number in a cell. `period`: the kind of its period; the indicator's own when not given. */
export function openedCell(cell: FeedCell, period?: string): Opened {
  const out: Opened = {
    indicator: cell.indicator,
    // Its last second: a period that ends with the moment it is asked for has no other moment in common.
    at: new Date(Date.parse(cell.to) - 1000).toISOString().replace('.000Z', 'Z'),
  };
  if (cell.area) out.area = cell.area;
  if (cell.by) out.by = cell.by;
  if (cell.member) out.member = cell.member;
  if (cell.thing) out.thing = cell.thing;
  if (period) out.period = period;
  return out;
}

/** The version of an indicator that holds on a day, else any. */
export function versionOn(versions: readonly Indicator[], code: string, day: string): Indicator | undefined {
  const all = versions.filter((version) => version.code === code);
  return all.find(({ valid_from, valid_to }) => (!valid_from || valid_from <= day) && (!valid_to || day < valid_to)) ?? all.at(-1);
}

/** A number that an opened one is made of: of the same kind of period, except that one rolls up shorter ones of another. */
export function openedInput(
  input: FeedCell, parent: Opened, rule: Pick<Indicator, 'rule' | 'period'> | undefined,
): Opened {
  const shorter = rule?.rule === 'roll' && input.indicator !== parent.indicator;
  return openedCell(input, shorter ? undefined : parent.period ?? rule?.period);
}

/** The list of all cases that a measure's value counts, as the case list's address. */
export function casesOf(value: FeedValue, timeZone: string): Record<string, string> {
  const out: Record<string, string> = {
    measure: value.indicator,
    measure_from: localDay(new Date(value.from), timeZone),
    measure_to: localDay(new Date(Date.parse(value.to) - 1), timeZone),
  };
  if (value.area) out.measure_area = value.area;
  if (value.by && value.member) Object.assign(out, { measure_by: value.by, measure_member: value.member });
  return out;
}

/**
 * The places of a class, of a ranking that has all of them, at the same moment. Bands are told by their counts from
 * the lowest value: edges are not rounded, values are.
 */
export function cellsOfClass(of: string, cells: readonly FeedCell[], distribution: FeedDistribution): FeedCell[] {
  const ranked = cells.filter((cell) => cell.value !== undefined);
  // Best first: the highest, or the lowest.
  if (ranked.length > 1 && ranked[0]!.value! > ranked.at(-1)!.value!) ranked.reverse();
  if (of === 'none') return cells.filter((cell) => cell.value === undefined);
  const [kind, code] = of.split(':');
  if (kind === 'colour') return ranked.filter((cell) => cell.colour === code);
  if (kind === 'grade') return ranked.filter((cell) => cell.grade === code);
  if (of === 'all') return ranked;
  const index = Number(of);
  const before = distribution.bands.slice(0, index).reduce((sum, band) => sum + band.count, 0);
  return ranked.slice(before, before + (distribution.bands[index]?.count ?? 0));
}
