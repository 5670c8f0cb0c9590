import { describe, expect, it } from 'vitest';

import type { Clock } from '@/api/types';
import { readClock } from '@/common/clock';

const due = '2026-11-20T10:00:00Z';
const free: Clock = {
  code: 'handle', name: { zh: '处置', en: 'Handling' }, started: '2026-11-20T08:00:00Z', paused: false, overdue: false,
  exempt: false, extensions: 0,
};
const clock = (change: Partial<Clock>): Clock =>
  ({ ...free, due, ...change });
const at = (time: string): number => Date.parse(`2026-11-20T${time}Z`);

describe('readClock', () => {
  it('counts down to the limit and on beyond it', () => {
    expect(readClock(clock({}), at('09:00:00'))).toEqual({ kind: 'running', ms: 3_600_000 });
    expect(readClock(clock({}), at('10:00:00'))).toEqual({ kind: 'running', ms: 0 });
    expect(readClock(clock({}), at('10:00:01'))).toEqual({ kind: 'over', ms: 1_000 });
  });

  it('judges a stopped clock by when it stopped', () => {
    expect(readClock(clock({ stopped: due }), at('23:00:00'))).toEqual({ kind: 'stopped_on_time' });
    expect(readClock(clock({ stopped: '2026-11-20T10:30:00Z' }), at('23:00:00')))
      .toEqual({ kind: 'stopped_late', ms: 1_800_000 });
    expect(readClock({ ...free, stopped: due }, at('23:00:00'))).toEqual({ kind: 'stopped' });
  });

  it('does not count while paused, exempt or without a limit', () => {
    expect(readClock(clock({ paused: true }), at('23:00:00'))).toEqual({ kind: 'paused' });
    expect(readClock(clock({ exempt: true }), at('23:00:00'))).toEqual({ kind: 'exempt' });
    expect(readClock(free, at('23:00:00'))).toEqual({ kind: 'none' });
  });
});
