import { reactive } from 'vue';

import { api } from '@/api/client';
import type { Funnel, Label } from '@/api/types';

/** Names of the city's measures by code, as the figures give them. */
export const measureNames = reactive(new Map<string, Label>());

export async function readFunnel(query: { area?: string; day?: string }, signal?: AbortSignal): Promise<Funnel> {
  const funnel = await api.funnel(query, signal);
  for (const { code, name } of funnel.measures) measureNames.set(code, name);
  return funnel;
}

/** For pages that show measures without a figure. Without names the codes are shown. */
export async function loadMeasureNames(day: string): Promise<void> {
  if (measureNames.size === 0 && day) await readFunnel({ day }).catch(() => undefined);
}

const kAtOnce = 4;

/** The funnel of each area, a few requests at a time; areas whose answer failed are left out. */
export async function funnelsOf(areas: readonly string[], day: string, signal: AbortSignal): Promise<Map<string, Funnel>> {
  const found = new Map<string, Funnel>();
  const waiting = [...areas];
  const worker = async (): Promise<void> => {
    for (let area = waiting.shift(); area !== undefined && !signal.aborted; area = waiting.shift()) {
      const funnel = await readFunnel({ area, day }, signal).catch(() => undefined);
      if (funnel) found.set(area, funnel);
    }
  };
  await Promise.all(Array.from({ length: kAtOnce }, worker));
  return found;
}
