import { api } from '@/api/client';
import type { Category } from '@/api/types';
import { text } from '@/i18n';

import { departments } from './city';

/** Something to choose in an input that proposes. */
export interface Choice {
  value: string;
  label: string;
}

const kShownMax = 30;

const categories = new Map<string, Category>();

function categoryChoice(category: Category): Choice {
  return { value: category.id, label: `${category.code} ${text(category.name)}` };
}

export async function searchCategories(query: string): Promise<Choice[]> {
  const { items } = await api.categories({ q: query, limit: kShownMax });
  for (const category of items) categories.set(category.id, category);
  return items.map(categoryChoice);
}

export async function categoryLabel(id: string): Promise<string> {
  const known = categories.get(id);
  if (known) return categoryChoice(known).label;
  // "<code set>/<kind>/<code>": the code finds it.
  const code = id.split('/').pop() ?? id;
  await searchCategories(code).catch(() => []);
  const found = categories.get(id);
  return found ? categoryChoice(found).label : id;
}

export async function searchDepartments(query: string): Promise<Choice[]> {
  const wanted = query.trim().toLowerCase();
  const all = await departments();
  return all
    .filter(({ code, name }) =>
      !wanted || [code, name.zh, name.en].some((part) => part.toLowerCase().includes(wanted)))
    .slice(0, kShownMax)
    .map(({ code, name }) => ({ value: code, label: text(name) || code }));
}

export async function departmentLabel(code: string): Promise<string> {
  const found = (await departments().catch(() => [])).find((department) => department.code === code);
  return found ? text(found.name) || code : code;
}
