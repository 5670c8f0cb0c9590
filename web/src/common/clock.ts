import type { Clock } from '@/api/types';

/** What a clock says at an instant. `ms`: time left, or time beyond the limit; undefined when there is no limit. */
export interface ClockReading {
  kind: 'exempt' | 'none' | 'paused' | 'running' | 'over' | 'stopped_on_time' | 'stopped_late' | 'stopped';
  ms?: number;
}

export function readClock(clock: Clock, now: number): ClockReading {
  if (clock.exempt) return { kind: 'exempt' };
  const due = clock.due ? Date.parse(clock.due) : Number.NaN;
  if (clock.stopped) {
    if (Number.isNaN(due)) return { kind: 'stopped' };
    const late = Date.parse(clock.stopped) - due;
    return late > 0 ? { kind: 'stopped_late', ms: late } : { kind: 'stopped_on_time' };
  }
  if (clock.paused) return { kind: 'paused' };
  if (Number.isNaN(due)) return { kind: 'none' };
  return now > due ? { kind: 'over', ms: now - due } : { kind: 'running', ms: due - now };
}
