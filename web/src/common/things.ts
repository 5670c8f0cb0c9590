import type { LatestReading, StreamReadings, Thing } from '@/api/types';

/** The reading that stands for a thing on the map: one with a scale, else the first number. */
export function headline(thing: Thing): LatestReading | undefined {
  return thing.readings.find((reading) => reading.step !== undefined)
    ?? thing.readings.find((reading) => reading.value !== undefined);
}

/** Steps of a scale that have a colour of their own; higher ones share the last. */
export const kStepsMax = 6;

export function stepOf(reading: LatestReading | undefined): number {
  return Math.min(Math.max(reading?.step ?? 0, 0), kStepsMax);
}

export interface Spark {
  /** Points of polylines, each "x,y x,y …": a silence ends one and begins the next. */
  lines: string[];
  /** Readings with silence on both sides, as points. */
  dots: [x: number, y: number][];
  low: number;
  high: number;
  count: number;
}

/** A silence longer than this many expected intervals is a gap. */
const kGapIntervals = 1.5;

/**
 * Draws the numbers of a stream into a box; undefined when it has none. Nothing is drawn across a gap. `scale`: values
 * of the lower and upper edge; the lowest and the highest number when missing.
 */
export function sparkOf(
  stream: Pick<StreamReadings, 'points' | 'interval_s'>, from: string, to: string, width: number, height: number,
  scale?: readonly [low: number, high: number],
): Spark | undefined {
  const points = stream.points.flatMap((point) => (point.value === undefined ? [] : [{ at: Date.parse(point.time), value: point.value }]));
  if (points.length === 0) return undefined;
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at: number): number => (end > begin ? ((at - begin) / (end - begin)) * width : width / 2);
  const [bottom, top] = scale ?? [low, high];
  const y = (value: number): number => (top > bottom ? height - ((value - bottom) / (top - bottom)) * height : height / 2);
  const gap = (stream.interval_s ?? Infinity) * 1000 * kGapIntervals;
  const runs: { at: number; value: number }[][] = [];
  for (const point of points) {
    const last = runs.at(-1)?.at(-1);
    if (!last || point.at - last.at > gap) runs.push([point]);
    else runs.at(-1)!.push(point);
  }
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    lines: runs.filter((run) => run.length > 1)
      .map((run) => run.map((point) => `${round(x(point.at))},${round(y(point.value))}`).join(' ')),
    dots: runs.filter((run) => run.length === 1)
      .map(([point]) => [round(x(point!.at)), round(y(point!.value))]),
    low, high, count: points.length,
  };
}
