// The only place that loads MapLibre, and only when a map is shown. The build made for strict
// Content-Security-Policies starts its worker from a file of ours instead of a blob: address.
import workerUrl from 'maplibre-gl/dist/maplibre-gl-csp-worker.js?url';
import type * as MapLibre from 'maplibre-gl';

export type { Map as MapLibreMap, GeoJSONSource, VectorTileSource, MapLayerMouseEvent } from 'maplibre-gl';

export async function loadMapLibre(): Promise<typeof MapLibre> {
  const loaded = (await import('maplibre-gl/dist/maplibre-gl-csp')) as unknown as { default: typeof MapLibre };
  loaded.default.setWorkerUrl(new URL(workerUrl, document.baseURI).href);
  return loaded.default;
}

/** Whether this browser can draw it at all. */
export function canDrawMaps(): boolean {
  try {
    return document.createElement('canvas').getContext('webgl2') !== null;
  } catch {
    return false;
  }
}
