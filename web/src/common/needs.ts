import type { Need } from '@/api/types';

/** How an input of an action's form looks. */
export type NeedKind =
  | 'long_text' | 'standard' | 'department' | 'departments' | 'files' | 'choice' | 'instant' | 'category' | 'text';

export interface FormNeed {
  /** Member of the request body. */
  name: string;
  kind: NeedKind;
  required: boolean;
  oneOf: string[];
}

const kKinds: Record<string, NeedKind> = {
  reason: 'long_text',
  result: 'long_text',
  standard: 'standard',
  department: 'department',
  assisting: 'departments',
  departments: 'departments',
  attachment: 'files',
  attachments: 'files',
  until: 'instant',
  category: 'category',
};

/** The form that an action's needs ask for, required inputs first. */
export function formOf(needs: readonly Need[]): FormNeed[] {
  const form = needs.map((need): FormNeed => {
    const { name, required, one_of: oneOf = [] } = need;
    const kind = oneOf.length > 0 ? 'choice' : kKinds[name] ?? 'text';
    return { name: name === 'attachment' ? 'attachments' : name, kind, required, oneOf };
  });
  return form.sort((a, b) => Number(b.required) - Number(a.required));
}

export type FormValue = string | string[];

export function isMissing(need: FormNeed, value: FormValue | undefined): boolean {
  if (!need.required) return false;
  return value === undefined || (typeof value === 'string' ? value.trim() === '' : value.length === 0);
}

/** The request body: what was given, with local instants made RFC 3339. */
export function bodyOf(
  action: string, form: readonly FormNeed[], values: Readonly<Record<string, FormValue>>,
): Record<string, unknown> {
  const body: Record<string, unknown> = { action };
  for (const need of form) {
    const value = values[need.name];
    if (value === undefined || value.length === 0) continue;
    if (typeof value === 'string') {
      const trimmed = value.trim();
      if (trimmed === '') continue;
      body[need.name] = need.kind === 'instant' ? new Date(trimmed).toISOString() : trimmed;
    } else {
      body[need.name] = value;
    }
  }
  return body;
}
