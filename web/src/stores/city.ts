import { computed, reactive, ref, shallowRef } from 'vue';

import { api } from '@/api/client';
import type { Area, City, Department, State, WorkflowName } from '@/api/types';
import { localDay } from '@/common/format';

/** The city as the server describes it; undefined until read. Read again with `loadCity`. */
export const city = shallowRef<City>();
export const cityError = ref<unknown>();

/** Areas seen so far, by code; filled by whatever reads areas. */
export const knownAreas = reactive(new Map<string, Pick<Area, 'code' | 'name' | 'parent' | 'level'>>());

/** west, south, east, north; undefined when nothing in the city's data has a place. */
export const extent = computed((): [number, number, number, number] | undefined => {
  const [west, south, east, north] = city.value?.extent ?? [];
  if (west === undefined || south === undefined || east === undefined || north === undefined) return undefined;
  return [west, south, east, north];
});
export const timeZone = computed(() => city.value?.time_zone ?? 'UTC');
/** How far the city's clock is from this machine's, in ms: a replayed city lives in its own time. */
const clockOffset = ref(0);
/** The city's clock, ms since 1970. */
export function cityNow(): number {
  return Date.now() + clockOffset.value;
}
/** The local day in the city now. */
export const today = computed(() => localDay(new Date(cityNow()), timeZone.value));

export async function loadCity(): Promise<void> {
  try {
    city.value = await api.city();
    clockOffset.value = city.value.now ? Date.parse(city.value.now) - Date.now() : 0;
    const top = city.value.levels[0];
    if (top && !rootArea.value) await loadRootArea(top.code);
    cityError.value = undefined;
  } catch (error) {
    cityError.value = error;
  }
}

/** The area that is the whole city; undefined until read. */
export const rootArea = shallowRef<Area>();

async function loadRootArea(level: string): Promise<void> {
  const [root] = await api.areas({ level });
  if (!root) return;
  knownAreas.set(root.code, root);
  rootArea.value = root;
}

const children = new Map<string, Promise<Area[]>>();

/** Areas directly below `parent`, read once. */
export function areasBelow(parent: string): Promise<Area[]> {
  let answer = children.get(parent);
  if (!answer) {
    answer = api.areas({ parent }).then((items) => {
      for (const area of items) knownAreas.set(area.code, area);
      return items;
    });
    answer.catch(() => children.delete(parent));
    children.set(parent, answer);
  }
  return answer;
}

let departmentsAnswer: Promise<Department[]> | undefined;

export function departments(): Promise<Department[]> {
  if (!departmentsAnswer) {
    departmentsAnswer = api.departments();
    departmentsAnswer.catch(() => (departmentsAnswer = undefined));
  }
  return departmentsAnswer;
}

let workflowsAnswer: Promise<WorkflowName[]> | undefined;

export function workflows(): Promise<WorkflowName[]> {
  if (!workflowsAnswer) {
    workflowsAnswer = api.workflows();
    workflowsAnswer.catch(() => (workflowsAnswer = undefined));
  }
  return workflowsAnswer;
}

let statesAnswer: Promise<State[]> | undefined;

/** Every state of every workflow, one per code. */
export function states(): Promise<State[]> {
  if (!statesAnswer) {
    statesAnswer = readStates();
    statesAnswer.catch(() => (statesAnswer = undefined));
  }
  return statesAnswer;
}

async function readStates(): Promise<State[]> {
  const items = await workflows();
  const whole = await Promise.all(items.map((item) => api.workflow(item.code)));
  const byCode = new Map<string, State>();
  for (const workflow of whole) {
    for (const state of workflow.states) {
      if (!byCode.has(state.code)) byCode.set(state.code, state);
    }
  }
  return [...byCode.values()];
}

/** Makes the names of areas known: those below `parent` first, then level by level from the city down. */
export async function learnAreas(codes: readonly string[], parent?: string): Promise<void> {
  const unknown = (): boolean => codes.some((code) => !knownAreas.has(code));
  if (unknown() && parent) await areasBelow(parent);
  for (const { code: level } of city.value?.levels ?? []) {
    if (!unknown()) return;
    for (const area of await api.areas({ level })) knownAreas.set(area.code, area);
  }
}
