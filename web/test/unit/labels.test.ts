import { describe, expect, it } from 'vitest';

import { areasInView, labelFeatures } from '@/map/labels';

const square = (west: number, south: number, size: number): number[][][] =>
  [[[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]];
const feature = (code: string, coordinates: unknown, type = 'Polygon') =>
  ({ properties: { code, name_zh: '甲', name_en: '', open: 2, overdue: 1, schematic: true }, geometry: { type, coordinates } });

describe('areas in view', () => {
  it('weighs the parts of an area that lie in several tiles together', () => {
    const [area, ...rest] = areasInView([feature('1', square(0, 0, 2)), feature('1', square(2, 0, 2))]);
    expect(rest).toEqual([]);
    expect(area?.at[0]).toBeCloseTo(2);
    expect(area?.at[1]).toBeCloseTo(1);
    expect(area).toMatchObject({ open: 2, overdue: 1, schematic: true });
  });

  it('reads several polygons and skips what has no code or no extent', () => {
    const areas = areasInView([
      feature('1', [square(0, 0, 1), square(9, 0, 1)], 'MultiPolygon'), feature('', square(0, 0, 1)),
      { properties: null, geometry: { type: 'Polygon' } }, feature('2', [[[0, 0], [0, 0]]]),
    ]);
    expect(areas.map((area) => area.code)).toEqual(['1']);
    expect(areas[0]?.at[0]).toBeCloseTo(5);
  });

  it('falls back to the other language for a name', () => {
    const areas = areasInView([feature('1', square(0, 0, 1))]);
    expect(labelFeatures(areas, 'en').features[0]?.properties?.name).toBe('甲');
  });
});
