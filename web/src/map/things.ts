import type { DataDrivenPropertyValueSpecification } from 'maplibre-gl';

import type { Thing } from '@/api/types';
import { headline, kStepsMax, stepOf } from '@/common/things';

/** What is drawn of a thing: a coloured point with its value and time as text. */
export interface ThingFeature {
  type: 'Feature';
  geometry: { type: 'Point'; coordinates: [number, number] };
  properties: { id: string; step: number; text: string };
}

/** Points of the things that have a place. `say` makes the text beside one. */
export function thingFeatures(
  things: readonly Thing[], say: (thing: Thing) => string,
): { type: 'FeatureCollection'; features: ThingFeature[] } {
  return {
    type: 'FeatureCollection',
    features: things.flatMap((thing): ThingFeature[] => (thing.lon === undefined || thing.lat === undefined ? [] : [{
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [thing.lon, thing.lat] },
      properties: { id: thing.id, step: stepOf(headline(thing)), text: say(thing) },
    }])),
  };
}

/** Colour of a step of a scale; without one, `none`. */
export function stepColour(steps: readonly string[], none: string): DataDrivenPropertyValueSpecification<string> {
  const known = steps.slice(0, kStepsMax);
  if (known.length === 0) return none;
  return ['match', ['get', 'step'], ...known.flatMap((colour, index) => [index + 1, colour]), none] as unknown as DataDrivenPropertyValueSpecification<string>;
}
