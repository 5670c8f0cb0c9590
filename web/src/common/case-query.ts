/** Filters of the case list, named as the API names them; the page's address carries the same ones. */
export const kFilterNames = [
  'number', 'q', 'area', 'state', 'open', 'category', 'department', 'source', 'from', 'to', 'scope',
] as const;

export type FilterName = (typeof kFilterNames)[number];

export type RouteQuery = Record<string, string | null | (string | null)[] | undefined>;

/** First value of each parameter that is not empty. */
export function plainQuery(query: RouteQuery): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first) plain[name] = first;
  }
  return plain;
}

/**
 * What to ask the API for the page's address. Parameters that have no control of their own (a measure that a figure
 * linked to, a place) pass through unchanged, so that the list shows exactly the cases that were counted.
 */
export function listQuery(query: RouteQuery, limit: number): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(plainQuery(query))) {
    if (name === 'page' || name === 'limit') continue;
    parameters.set(name, value);
  }
  parameters.set('limit', String(limit));
  return parameters;
}

/** The same without position in the list, for the export. */
export function exportQuery(query: RouteQuery): URLSearchParams {
  const parameters = listQuery(query, 1);
  parameters.delete('limit');
  parameters.delete('cursor');
  return parameters;
}

/** The page's address query for an API address such as "/cases?measure=filed&day=2026-11-20". */
export function queryOfCasesUrl(url: string): Record<string, string> {
  const start = url.indexOf('?');
  const query: Record<string, string> = {};
  if (start < 0) {
    // Some figures give only the query.
    if (!url.includes('=')) return query;
  }
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) query[name] = value;
  delete query.limit;
  delete query.cursor;
  return query;
}

/** Parameters in effect that have no control: shown as removable chips. */
export function extraFilters(query: RouteQuery): [string, string][] {
  const known = new Set<string>([...kFilterNames, 'cursor', 'limit', 'page', 'sort']);
  return Object.entries(plainQuery(query)).filter(([name]) => !known.has(name));
}
