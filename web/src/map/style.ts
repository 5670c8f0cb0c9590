import type { DataDrivenPropertyValueSpecification, StyleSpecification } from 'maplibre-gl';

import { stepColour } from './things';

/** Colours of the map, read from the page's design tokens so that it follows light and dark. */
export interface MapColours {
  land: string;
  outline: string;
  few: string;
  many: string;
  label: string;
  halo: string;
  open: string;
  overdue: string;
  done: string;
  selected: string;
  steps: string[];
  none: string;
}

export function readColours(element: Element): MapColours {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    land: token('--map-land'), outline: token('--map-outline'), few: token('--map-few'),
    many: token('--map-many'), label: token('--map-label'), halo: token('--map-halo'),
    open: token('--accent'), overdue: token('--overdue'), done: token('--done'), selected: token('--ink'),
    steps: [1, 2, 3, 4, 5, 6].map((step) => token(`--step-${step}`)), none: token('--ink-faint'),
  };
}

/** Fill of an area by its open cases, from none to the most that any area in view has. */
export function areaFill(colours: MapColours, openMax: number): DataDrivenPropertyValueSpecification<string> {
  return [
    'interpolate', ['linear'], ['coalesce', ['get', 'open'], 0], 0, colours.few, Math.max(openMax, 1), colours.many,
  ];
}

export function caseColour(
  colours: MapColours, doneStates: readonly string[],
): DataDrivenPropertyValueSpecification<string> {
  return [
    'case',
    ['in', ['coalesce', ['get', 'state'], ''], ['literal', [...doneStates]]], colours.done,
    ['==', ['to-boolean', ['get', 'overdue']], true], colours.overdue,
    colours.open,
  ];
}

export interface StyleInput {
  tilesUrl: string;
  colours: MapColours;
  doneStates: readonly string[];
  area: string;
  /** Open cases that give an area the fullest colour. */
  openMax: number;
}

/**
 * Everything that is drawn comes from our own server. There is no `glyphs` address: MapLibre then draws letters
 * with the fonts of the machine, Chinese ones too.
 */
export function mapStyle({ tilesUrl, colours, doneStates, area, openMax }: StyleInput): StyleSpecification {
  const empty = { type: 'FeatureCollection' as const, features: [] };
  return {
    version: 8,
    sources: {
      city: { type: 'vector', tiles: [tilesUrl], minzoom: 0, maxzoom: 16 },
      labels: { type: 'geojson', data: empty },
      live: { type: 'geojson', data: empty },
      things: { type: 'geojson', data: empty },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colours.land } },
      {
        id: 'areas', type: 'fill', source: 'city', 'source-layer': 'areas',
        paint: { 'fill-color': areaFill(colours, openMax), 'fill-antialias': false },
      },
      {
        id: 'outlines', type: 'line', source: 'city', 'source-layer': 'areas',
        filter: ['!=', ['to-boolean', ['get', 'schematic']], true],
        paint: { 'line-color': colours.outline, 'line-width': 1 },
      },
      {
        id: 'outlines-schematic', type: 'line', source: 'city', 'source-layer': 'areas',
        filter: ['==', ['to-boolean', ['get', 'schematic']], true],
        paint: { 'line-color': colours.outline, 'line-width': 1, 'line-dasharray': [4, 3] },
      },
      {
        id: 'selected', type: 'line', source: 'city', 'source-layer': 'areas',
        filter: ['==', ['get', 'code'], area],
        paint: { 'line-color': colours.selected, 'line-width': 2.5 },
      },
      {
        id: 'cases', type: 'circle', source: 'city', 'source-layer': 'cases',
        paint: {
          'circle-color': caseColour(colours, doneStates),
          // Area grows with the count; a single case is a point.
          'circle-radius': [
            'interpolate', ['linear'], ['sqrt', ['max', ['to-number', ['get', 'count'], 1], 1]],
            1, 3.5, 3.2, 9.5, 10, 13, 32, 19, 100, 26,
          ],
          'circle-opacity': ['case', ['>', ['to-number', ['get', 'count'], 1], 1], 0.75, 0.9],
          'circle-stroke-color': colours.halo,
          'circle-stroke-width': 1,
        },
      },
      {
        id: 'counts', type: 'symbol', source: 'city', 'source-layer': 'cases',
        filter: ['>=', ['to-number', ['get', 'count'], 1], 10],
        layout: {
          'text-field': ['to-string', ['get', 'count']], 'text-size': 11, 'text-font': ['sans-serif'],
          'text-allow-overlap': true, 'text-ignore-placement': true,
        },
        paint: { 'text-color': colours.halo },
      },
      {
        id: 'things', type: 'circle', source: 'things',
        paint: {
          'circle-color': stepColour(colours.steps, colours.none), 'circle-radius': 8,
          'circle-stroke-color': colours.selected, 'circle-stroke-width': 1.5,
        },
      },
      {
        id: 'live', type: 'circle', source: 'live',
        paint: {
          'circle-radius': 11, 'circle-color': 'rgba(0, 0, 0, 0)', 'circle-stroke-color': colours.selected,
          'circle-stroke-width': 2, 'circle-stroke-opacity': ['get', 'strength'],
        },
      },
      {
        id: 'names', type: 'symbol', source: 'labels',
        layout: {
          'text-field': ['get', 'name'], 'text-size': 13, 'text-font': ['sans-serif'], 'text-max-width': 7,
          'text-padding': 4,
        },
        paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.4 },
      },
      // Last, so that names of areas give way to it.
      {
        id: 'things-text', type: 'symbol', source: 'things',
        layout: {
          'text-field': ['get', 'text'], 'text-size': 11, 'text-font': ['sans-serif'], 'text-anchor': 'left',
          'text-offset': [1, 0], 'text-justify': 'left', 'text-optional': true,
        },
        paint: { 'text-color': colours.selected, 'text-halo-color': colours.halo, 'text-halo-width': 1.6 },
      },
    ],
  };
}
