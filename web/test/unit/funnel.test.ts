import { describe, expect, it } from 'vitest';

import type { FunnelMeasure } from '@/api/types';
import { funnelOutline, splitFunnel } from '@/common/funnel';

const measure = (code: string, value: number): FunnelMeasure => ({ code, name: { zh: code, en: code }, value, cases: `/cases?measure=${code}` });

describe('funnel', () => {
  it('puts the steps in the order of the loop and leaves the rest beside it', () => {
    const { steps, others } = splitFunnel([measure('overdue', 1), measure('closed', 2), measure('reported', 3)]);
    expect(steps.map((step) => step.code)).toEqual(['reported', 'closed']);
    expect(others.map((other) => other.code)).toEqual(['overdue']);
  });

  it('follows the reports of the day, not its filings, where the server counts both', () => {
    const { steps } = splitFunnel(['reported', 'filed', 'reported_filed', 'reported_closed', 'closed'].map((code) => measure(code, 1)));
    expect(steps.map((step) => step.code)).toEqual(['reported', 'reported_filed', 'reported_closed']);
  });

  it('draws nothing for nothing', () => {
    expect(funnelOutline([], 100, 10)).toBe('');
    expect(funnelOutline([0, 0], 100, 10)).toBe('');
  });

  it('uses the whole height for the highest value and stays inside the figure', () => {
    const numbers = funnelOutline([10, 5, 0], 300, 100).match(/-?[\d.]+/g)?.map(Number) ?? [];
    const xs = numbers.filter((_, index) => index % 2 === 0);
    const ys = numbers.filter((_, index) => index % 2 === 1);
    expect(Math.min(...xs)).toBe(0);
    expect(Math.max(...xs)).toBe(300);
    expect(Math.min(...ys)).toBe(0);
    expect(Math.max(...ys)).toBe(100);
    // A zero is still a line.
    expect(ys).toContain(49.25);
  });
});
