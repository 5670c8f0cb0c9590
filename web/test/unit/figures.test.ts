import { describe, expect, it } from 'vitest';

import type { FeedCell } from '@/api/types';
import {
  barOf, changeSense, edgeDigits, endOfDay, formatChange, formatChangeRate, formatPeriod, formatPeriodShort, formatValue,
  isPercent, mergeCells, seriesOf,
} from '@/common/figures';

const cell = (indicator: string, area: string, hour: number, value?: number, more: Partial<FeedCell> = {}): FeedCell => ({
  indicator, area, from: `2026-11-20T0${hour}:00:00Z`, to: `2026-11-20T0${hour + 1}:00:00Z`, ...(value === undefined ? {} : { value }), ...more,
});

describe('values', () => {
  it('have the decimal places of their indicator, and none is not 0', () => {
    expect(formatValue(1234.5, 2, 'en-GB')).toBe('1,234.50');
    expect(formatValue(0, 1, 'en-GB')).toBe('0.0');
    expect(formatValue(undefined, 1, 'en-GB')).toBe('–');
    expect(formatValue(7, undefined, 'zh-CN')).toBe('7');
  });

  it('change with a sign, and 0 without', () => {
    expect(formatChange(12, 0, 'en-GB')).toBe('+12');
    expect(formatChange(-3.25, 1, 'en-GB')).toBe('-3.3');
    expect(formatChange(0, 1, 'en-GB')).toBe('0.0');
    expect(formatChange(-0.01, 1, 'en-GB')).toBe('0.0');
    expect(formatChange(undefined, 1, 'en-GB')).toBe('–');
    expect(formatChangeRate(0.0534, 'en-GB')).toBe('+5.3%');
  });

  it('are for the better only where it is said which way that is', () => {
    const compared = (change?: number) => ({ from: '', to: '', ...(change === undefined ? {} : { change }) });
    expect(changeSense(compared(1), 'higher')).toBe('better');
    expect(changeSense(compared(1), 'lower')).toBe('worse');
    expect(changeSense(compared(-1), 'lower')).toBe('better');
    expect(changeSense(compared(-1), 'neither')).toBeUndefined();
    expect(changeSense(compared(0), 'higher')).toBeUndefined();
    expect(changeSense(compared(), 'higher')).toBeUndefined();
    expect(isPercent({ zh: '%', en: '%' })).toBe(true);
    expect(isPercent({ zh: '件', en: '' })).toBe(false);
  });
});

describe('changes of a page', () => {
  it('take the place of the same indicator, place, member and period', () => {
    const member = { by: 'source', member: 'public' };
    const cells = [cell('a', '1', 0, 1), cell('a', '1', 1, 2), cell('a', '2', 0, 3), cell('b', '1', 0, 4), cell('a', '1', 0, 5, member)];
    const merged = mergeCells(cells, [cell('a', '1', 1, 20), cell('a', '1', 0, 50, member)]);
    expect(merged.map(({ value }) => value)).toEqual([1, 20, 3, 4, 50]);
    // What did not change is not drawn again.
    expect(merged[0]).toBe(cells[0]);
    expect(cells[1]!.value).toBe(2);
  });

  it('may take a value away', () => {
    expect(mergeCells([cell('a', '1', 0, 1)], [cell('a', '1', 0)])[0]!.value).toBeUndefined();
  });

  it('leave out what the page does not have', () => {
    const cells = [cell('a', '1', 0, 1)];
    expect(mergeCells(cells, [cell('a', '1', 1, 9), cell('c', '1', 0, 9)])).toEqual(cells);
  });

  it('give the same as reading the page anew, whatever the order', () => {
    const seed = Date.now() % 1_000_000;
    let state = seed;
    const next = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    let page = Array.from({ length: 60 }, (_, index) => cell(`i${index % 3}`, String(index % 5), Math.floor(index / 15), next(100)));
    const truth = new Map(page.map((one) => [`${one.indicator}|${one.area}|${one.from}`, one.value]));
    for (let step = 0; step < 50; step++) {
      const changes = Array.from({ length: 1 + next(8) }, () => {
        const value = next(10) ? next(100) : undefined;
        const changed = cell(`i${next(3)}`, String(next(5)), next(4), value);
        truth.set(`${changed.indicator}|${changed.area}|${changed.from}`, value);
        return changed;
      });
      page = mergeCells(page, changes);
    }
    for (const one of page) expect(one.value, `seed ${seed}`).toBe(truth.get(`${one.indicator}|${one.area}|${one.from}`));
  });

  it('are laid out by indicator and place, each by period', () => {
    const series = seriesOf([cell('a', '1', 0, 1), cell('a', '1', 1, 2), cell('a', '2', 0, 3), cell('b', '1', 0, 4)]);
    expect([...series.get('a')!.values()].map((cells) => cells.map(({ value }) => value))).toEqual([[1, 2], [3]]);
    expect([...series.get('b')!.values()]).toHaveLength(1);
  });
});

describe('periods', () => {
  const zone = 'Asia/Shanghai';
  it('are said as an hour, a day, a month or a run of days of the city', () => {
    expect(formatPeriod('2026-11-20T02:00:00Z', '2026-11-20T03:00:00Z', 'en-GB', zone)).toBe('20 November 2026 10:00–11:00');
    expect(formatPeriod('2026-11-20T15:00:00Z', '2026-11-20T16:00:00Z', 'en-GB', zone)).toBe('20 November 2026 23:00–24:00');
    expect(formatPeriod('2026-11-19T16:00:00Z', '2026-11-20T16:00:00Z', 'en-GB', zone)).toBe('20 November 2026');
    expect(formatPeriod('2026-10-31T16:00:00Z', '2026-11-30T16:00:00Z', 'en-GB', zone)).toBe('November 2026');
    expect(formatPeriod('2026-10-18T16:00:00Z', '2026-11-18T16:00:00Z', 'en-GB', zone)).toBe('19 October 2026 – 18 November 2026');
    expect(formatPeriod('2026-11-19T10:00:00Z', '2026-11-20T10:00:00Z', 'en-GB', zone)).toBe('19 November 2026 18:00 – 20 November 2026 18:00');
  });

  it('are short on an axis', () => {
    expect(formatPeriodShort('2026-11-20T02:00:00Z', '2026-11-20T03:00:00Z', 'zh-CN', zone)).toBe('11/20 10:00');
    expect(formatPeriodShort('2026-11-19T16:00:00Z', '2026-11-20T16:00:00Z', 'zh-CN', zone)).toBe('11/20');
    expect(formatPeriodShort('2026-10-31T16:00:00Z', '2026-11-30T16:00:00Z', 'zh-CN', zone)).toBe('2026/11');
  });

  it('end with the last second of a day, also where clocks change', () => {
    expect(endOfDay('2026-11-20', zone)).toBe('2026-11-20T15:59:59Z');
    expect(endOfDay('2023-02-28', 'America/New_York')).toBe('2023-03-01T04:59:59Z');
    expect(endOfDay('2026-03-08', 'America/New_York')).toBe('2026-03-09T03:59:59Z');
    expect(endOfDay('2026-11-01', 'America/New_York')).toBe('2026-11-02T04:59:59Z');
  });
});

describe('bars and classes', () => {
  it('run from 0, negative ones the other way', () => {
    expect(barOf(5, [5, 10])).toEqual({ start: 0, length: 0.5 });
    expect(barOf(-5, [-5, 5])).toEqual({ start: 0, length: 0.5 });
    expect(barOf(5, [-5, 5])).toEqual({ start: 0.5, length: 0.5 });
    expect(barOf(0, [0])).toEqual({ start: 0, length: 0 });
  });

  it('have edges that can be told apart', () => {
    expect(edgeDigits(25, 0)).toBe(0);
    expect(edgeDigits(0.3, 0)).toBe(1);
    expect(edgeDigits(0.04, 1)).toBe(2);
    expect(edgeDigits(0, 2)).toBe(2);
  });
});
