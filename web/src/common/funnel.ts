import type { FunnelMeasure } from '@/api/types';

/**
 * Steps of the loop that follow each other; other measures are shown beside the figure. A step of the day's reports
 * (reported_closed) goes before the same step of the day's filings (closed): only the former narrows.
 */
const kSteps = [
  ['reported'], ['reported_filed', 'filed'], ['reported_dispatched', 'dispatched'], ['reported_handled', 'handled'],
  ['reported_closed', 'closed'],
];

export interface FunnelParts {
  steps: FunnelMeasure[];
  others: FunnelMeasure[];
}

/** Splits the measures into the loop's steps, in its order, and the rest, in the server's order. */
export function splitFunnel(measures: readonly FunnelMeasure[]): FunnelParts {
  const steps = kSteps.flatMap((codes) => {
    const found = codes.map((code) => measures.find((measure) => measure.code === code)).find(Boolean);
    return found ? [found] : [];
  });
  return { steps, others: measures.filter((measure) => !steps.includes(measure)) };
}

/**
 * Outline of the figure: a band whose height at the middle of each column is the share of the highest value, level
 * across a column's middle and eased between columns. Coordinates 0..width × 0..height; empty for no steps.
 */
export function funnelOutline(values: readonly number[], width: number, height: number): string {
  const highest = Math.max(0, ...values);
  if (values.length === 0 || highest === 0) return '';
  const column = width / values.length;
  const middle = height / 2;
  // A thin line stays visible where a value is small against the highest.
  const half = values.map((value) => Math.max((value / highest) * middle, 0.75));
  const round = (value: number): number => Math.round(value * 100) / 100;

  const edge = (sign: 1 | -1, order: number[]): string => {
    let path = '';
    let previous: { x: number; y: number } | undefined;
    for (const index of order) {
      const y = round(middle + sign * (half[index] ?? 0));
      const left = index === 0 ? 0 : (index + 0.32) * column;
      const right = index === values.length - 1 ? width : (index + 0.68) * column;
      const [begin, end] = sign === -1 ? [left, right] : [right, left];
      if (previous) {
        const bend = round((previous.x + begin) / 2);
        path += ` C${bend} ${previous.y} ${bend} ${y} ${round(begin)} ${y}`;
      } else {
        path += `${sign === -1 ? 'M' : ' L'}${round(begin)} ${y}`;
      }
      path += ` L${round(end)} ${y}`;
      previous = { x: round(end), y };
    }
    return path;
  };

  const forwards = values.map((_, index) => index);
  return `${edge(-1, forwards)}${edge(1, [...forwards].reverse())} Z`;
}
