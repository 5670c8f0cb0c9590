import { describe, expect, it } from 'vitest';

import type { StreamReadings, Thing } from '@/api/types';
import { headline, sparkOf, stepOf } from '@/common/things';
import { stepColour, thingFeatures } from '@/map/things';

const thing = (readings: Partial<Thing['readings'][number]>[], place = {}): Thing => ({
  id: '1', name: { zh: '站', en: 'Station' }, ...place,
  readings: readings.map((reading, index) => ({ stream: String(index), name: 'x', health: 'online', ...reading })),
});

const stream = (points: [hour: number, value: number][]): StreamReadings => ({
  stream: '1', name: 'PM2.5', interval_s: 3600,
  points: points.map(([hour, value]) => ({ time: `2026-01-01T${String(hour).padStart(2, '0')}:00:00Z`, value })),
});
const [from, to] = ['2026-01-01T00:00:00Z', '2026-01-01T10:00:00Z'];

describe('headline', () => {
  it('is the reading with a scale, else the first number', () => {
    expect(headline(thing([{ value: 1 }, { value: 2, step: 3 }]))?.value).toBe(2);
    expect(headline(thing([{ text: 'N' }, { value: 2 }]))?.value).toBe(2);
    expect(headline(thing([{ text: 'N' }]))).toBeUndefined();
    expect(headline(thing([]))).toBeUndefined();
  });

  it('gives steps beyond the colours the last colour', () => {
    expect(stepOf(thing([{ value: 1, step: 9 }]).readings[0])).toBe(6);
    expect(stepOf(undefined)).toBe(0);
  });
});

describe('spark line', () => {
  it('draws nothing across a gap', () => {
    const spark = sparkOf(stream([[0, 0], [1, 10], [4, 5], [8, 0], [9, 10], [10, 10]]), from, to, 100, 10);
    expect(spark?.lines).toEqual(['0,10 10,0', '80,10 90,0 100,0']);
    expect(spark?.dots).toEqual([[40, 5]]);
    expect(spark).toMatchObject({ low: 0, high: 10, count: 6 });
  });

  it('is drawn on a scale that several share', () => {
    expect(sparkOf(stream([[0, 5], [10, 10]]), from, to, 100, 10, [0, 20])?.dots).toEqual([[0, 7.5], [100, 5]]);
  });

  it('copes with equal values, one instant and no numbers', () => {
    expect(sparkOf(stream([[0, 5], [1, 5]]), from, to, 100, 10)?.lines).toEqual(['0,5 10,5']);
    expect(sparkOf(stream([[0, 5]]), from, from, 100, 10)?.dots).toEqual([[50, 5]]);
    expect(sparkOf(stream([]), from, to, 100, 10)).toBeUndefined();
  });
});

describe('things on the map', () => {
  it('are those with a place', () => {
    const features = thingFeatures([thing([{ value: 3, step: 2 }], { lon: 1, lat: 2 }), thing([])], () => 'said').features;
    expect(features).toHaveLength(1);
    expect(features[0]?.properties).toEqual({ id: '1', step: 2, text: 'said' });
  });

  it('are coloured by step', () => {
    expect(stepColour(['a', 'b'], 'n')).toEqual(['match', ['get', 'step'], 1, 'a', 2, 'b', 'n']);
    expect(stepColour([], 'n')).toBe('n');
  });
});
