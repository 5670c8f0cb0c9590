import type { Feature, FeatureCollection, Point, Position } from 'geojson';

/** What the map knows of an area in view, put together from the tiles it lies in. */
export interface AreaInView {
  code: string;
  nameZh: string;
  nameEn: string;
  open: number;
  overdue: number;
  schematic: boolean;
  /** Where to write the name: the centre of gravity of the parts in view. */
  at: [number, number];
}

interface TileFeature {
  properties: Record<string, unknown> | null;
  geometry: { type: string; coordinates?: unknown };
}

/** Twice the signed area of a ring, and its first moments. */
function moments(ring: readonly Position[]): { area: number; x: number; y: number } {
  let area = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x0 = 0, y0 = 0] = ring[i] ?? [];
    const [x1 = 0, y1 = 0] = ring[i + 1] ?? [];
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  return { area, x, y };
}

/**
 * One entry per area. A polygon that lies in several tiles comes once per tile; its parts are weighed together so
 * that its name is written once.
 */
export function areasInView(features: readonly TileFeature[]): AreaInView[] {
  const byCode = new Map<string, AreaInView & { weight: number }>();
  for (const { properties, geometry } of features) {
    const code = String(properties?.code ?? '');
    if (!code || !properties) continue;
    const polygons: Position[][][] =
      geometry.type === 'Polygon' ? [geometry.coordinates as Position[][]]
      : geometry.type === 'MultiPolygon' ? (geometry.coordinates as Position[][][])
      : [];
    let entry = byCode.get(code);
    if (!entry) {
      entry = {
        code, nameZh: String(properties.name_zh ?? ''), nameEn: String(properties.name_en ?? ''),
        open: Number(properties.open ?? 0), overdue: Number(properties.overdue ?? 0),
        schematic: Boolean(properties.schematic), at: [0, 0], weight: 0,
      };
      byCode.set(code, entry);
    }
    for (const [outer] of polygons) {
      if (!outer) continue;
      const { area, x, y } = moments(outer);
      if (area === 0) continue;
      const weight = Math.abs(area);
      const total = entry.weight + weight;
      entry.at = [
        (entry.at[0] * entry.weight + (x / (3 * area)) * weight) / total,
        (entry.at[1] * entry.weight + (y / (3 * area)) * weight) / total,
      ];
      entry.weight = total;
    }
  }
  return [...byCode.values()]
    .filter((entry) => entry.weight > 0)
    .map(({ weight: _, ...entry }) => entry);
}

export function labelFeatures(areas: readonly AreaInView[], language: 'zh' | 'en'): FeatureCollection<Point> {
  const features = areas.map((area): Feature<Point> => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: area.at },
    properties: {
      code: area.code,
      name: language === 'en' ? area.nameEn || area.nameZh : area.nameZh || area.nameEn,
    },
  }));
  return { type: 'FeatureCollection', features };
}
