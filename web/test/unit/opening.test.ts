import { describe, expect, it } from 'vitest';

import type { FeedCell, FeedDistribution, FeedValue, Indicator } from '@/api/types';
import { casesOf, cellsOfClass, openedCell, openedClassOf, openedInput, openedOf, versionOn, withOpened, withoutOpened } from '@/common/opening';

const day = { from: '2026-11-19T16:00:00Z', to: '2026-11-20T16:00:00Z' };

describe('an opened number', () => {
  it('stands in the address beside the page, and can be read back', () => {
    const page = { area: '110000', day: '2026-11-20' };
    const opened = openedCell({ indicator: 'reported', area: '110108', by: 'source', member: 'public', ...day, value: 3 }, 'day');
    expect(opened).toEqual({ indicator: 'reported', area: '110108', by: 'source', member: 'public', period: 'day', at: '2026-11-20T15:59:59Z' });
    const address = withOpened(page, opened);
    expect(address).toMatchObject({ ...page, open: 'reported', open_area: '110108' });
    expect(openedOf(address)).toEqual(opened);
    expect(withoutOpened(address)).toEqual(page);
    // The next one takes its place whole.
    expect(withOpened(address, { indicator: 'x', at: opened.at })).toEqual({ ...page, open: 'x', open_at: opened.at });
    expect(openedOf(page)).toBeUndefined();
  });

  it('or a class of places', () => {
    const address = withOpened({ area: '1' }, { indicator: 'reported', of: 'colour:red' });
    expect(openedClassOf(address)).toEqual({ indicator: 'reported', of: 'colour:red' });
    expect(openedOf(address)).toBeUndefined();
  });

  it('opens into parts of the same kind of period, a roll-up into shorter ones', () => {
    const part: FeedCell = { indicator: 'closed', area: '1', ...day };
    expect(openedInput(part, { indicator: 'rate', at: '' }, { rule: 'formula', period: 'month' }).period).toBe('month');
    expect(openedInput(part, { indicator: 'rate', at: '', period: 'week' }, { rule: 'formula', period: 'month' }).period).toBe('week');
    expect(openedInput(part, { indicator: 'mean', at: '', period: 'month' }, { rule: 'roll', period: 'month' }).period).toBeUndefined();
    // A part of the area, of the same indicator.
    expect(openedInput(part, { indicator: 'closed', at: '', period: 'month' }, { rule: 'roll', period: 'month' }).period).toBe('month');
  });

  it('is judged by the version that holds on its day', () => {
    const versions = [{ code: 'a', valid_to: '2026-03-01' }, { code: 'a', valid_from: '2026-03-01' }, { code: 'b' }] as unknown as Indicator[];
    expect(versionOn(versions, 'a', '2026-02-28')).toBe(versions[0]);
    expect(versionOn(versions, 'a', '2026-03-01')).toBe(versions[1]);
    expect(versionOn(versions, 'c', '2026-03-01')).toBeUndefined();
  });

  it('has all its cases in the list of cases', () => {
    const value = { indicator: 'reported', area: '110108', by: 'source', member: 'public', ...day } as FeedValue;
    expect(casesOf(value, 'Asia/Shanghai')).toEqual({
      measure: 'reported', measure_from: '2026-11-20', measure_to: '2026-11-20', measure_area: '110108', measure_by: 'source', measure_member: 'public',
    });
  });
});

describe('the places of a class', () => {
  const cells = [9, 4, 4, 1, undefined].map((value, index): FeedCell => ({
    indicator: 'a', area: String(index), ...day, ...(value === undefined ? {} : { value }), ...(value === 9 ? { colour: 'red' as const } : {}), ...(value === 1 ? { grade: 'poor' } : {}),
  }));
  const distribution = { bands: [{ from: 1, to: 3, count: 1 }, { from: 3, to: 5, count: 2 }, { from: 5, to: 9, count: 1 }] } as FeedDistribution;
  const areas = (of: string, list = cells): string => cellsOfClass(of, list, distribution).map(({ area }) => area).join('');

  it('are as many as it counts, from a ranking either way', () => {
    expect(['0', '1', '2'].map((of) => areas(of))).toEqual(['3', '21', '0']);
    const lowestFirst = [...cells.slice(0, 4)].reverse();
    expect(['0', '1', '2'].map((of) => areas(of, lowestFirst))).toEqual(['3', '21', '0']);
  });

  it('may be those of a colour or a grade, all, or those without a value', () => {
    expect(areas('colour:red')).toBe('0');
    expect(areas('grade:poor')).toBe('3');
    expect(areas('all')).toBe('3210');
    expect(areas('none')).toBe('4');
  });
});
