import { describe, expect, it } from 'vitest';

import {
  addDays, formatDay, formatInstant, formatRate, groupCaseNumber, localDay, splitDuration,
} from '@/common/format';

describe('format', () => {
  it('writes instants in the city, not where the reader is', () => {
    expect(formatInstant('2026-11-20T16:05:00Z', 'zh-CN', 'Asia/Shanghai')).toBe('2026/11/21 00:05');
    expect(formatInstant('2023-02-28T23:30:00Z', 'en-GB', 'America/New_York')).toBe('28/02/2023, 18:30');
  });

  it('shows what is not an instant as it is', () => {
    expect(formatInstant('soon', 'zh-CN', 'Asia/Shanghai')).toBe('soon');
    expect(formatDay('', 'zh-CN')).toBe('');
  });

  it('knows the local day on both sides of midnight and of a clock change', () => {
    expect(localDay(new Date('2026-11-20T15:59:59Z'), 'Asia/Shanghai')).toBe('2026-11-20');
    expect(localDay(new Date('2026-11-20T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-21');
    expect(localDay(new Date('2026-03-08T04:59:59Z'), 'America/New_York')).toBe('2026-03-07');
  });

  it('counts days over months and leap days', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  });

  it('gives Haidian its published closing rate, and none where nothing was filed', () => {
    expect(formatRate(1_857_530, 2_040_552, 'zh-CN', 2)).toBe('91.03%');
    expect(formatRate(0, 0, 'zh-CN')).toBe('–');
  });

  it('splits durations into their two biggest units', () => {
    expect(splitDuration(59_999)).toEqual([]);
    expect(splitDuration(3_600_000)).toEqual([['hours', 1]]);
    expect(splitDuration(-(26 * 3_600_000 + 60_000))).toEqual([['days', 1], ['hours', 2]]);
  });

  it('groups only whole case numbers', () => {
    expect(groupCaseNumber('1101082026112000012')).toBe('110108 20261120 00012');
    expect(groupCaseNumber('11010820261120')).toBe('11010820261120');
  });
});
