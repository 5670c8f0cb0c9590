import { reactive } from 'vue';

import { api } from '@/api/client';
import type { Dimension, NamedPage, Indicator, Label } from '@/api/types';

/** A list that is read when it is first asked for; one that could not be read is asked for again. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    if (!answer) {
      answer = read();
      answer.catch(() => (answer = undefined));
    }
    return answer;
  };
}

/** All versions. */
export const indicators: () => Promise<Indicator[]> = once(api.indicators);
export const dimensions: () => Promise<Dimension[]> = once(api.dimensions);
/** Read anew each time: a page is there as soon as the city's data have it. */
export const pages: () => Promise<NamedPage[]> = api.pages;

/** Names of terminals that values are made of, by number. */
export const thingNames = reactive(new Map<string, Label>());

export async function learnThings(ids: readonly string[], area: string | undefined): Promise<void> {
  if (ids.every((id) => thingNames.has(id))) return;
  for (const { id, name } of await api.things(area ? { area } : {})) thingNames.set(id, name);
}
