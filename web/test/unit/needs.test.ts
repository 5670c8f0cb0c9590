import { describe, expect, it } from 'vitest';

import { bodyOf, formOf, isMissing } from '@/common/needs';

const must = (name: string) => ({ name, required: true });

describe('forms of actions', () => {
  it('asks for required needs first', () => {
    const form = formOf([
      { name: 'assisting', required: false }, must('department'), { ...must('satisfaction'), one_of: ['yes', 'no'] },
    ]);
    expect(form.map((need) => [need.name, need.kind, need.required])).toEqual([
      ['department', 'department', true], ['satisfaction', 'choice', true], ['assisting', 'departments', false],
    ]);
  });

  it('asks for an input it does not know as text, so that a new workflow needs no new page', () => {
    expect(formOf([must('water_level')])[0]).toMatchObject({ name: 'water_level', kind: 'text' });
  });

  it('sends only what was given', () => {
    const form = formOf([must('reason'), { name: 'attachment', required: false }, { name: 'until', required: false }]);
    expect(bodyOf('finish', form, { reason: ' done ', attachments: [] })).toEqual({ action: 'finish', reason: 'done' });
    expect(bodyOf('suspend', form, { until: '2026-11-20T10:00' }).until)
      .toBe(new Date('2026-11-20T10:00').toISOString());
  });

  it('takes blanks for missing where something is required', () => {
    const [need] = formOf([must('reason')]);
    expect(isMissing(need!, '  ')).toBe(true);
    expect(isMissing(need!, 'because')).toBe(false);
    expect(isMissing({ ...need!, required: false }, undefined)).toBe(false);
  });
});
