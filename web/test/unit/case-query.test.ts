import { describe, expect, it } from 'vitest';

import { exportQuery, extraFilters, listQuery, queryOfCasesUrl } from '@/common/case-query';

describe('case query', () => {
  it('turns the address behind a number into the page that lists the same cases', () => {
    const query = queryOfCasesUrl('/cases?measure=closed&measure_area=110108&from=2026-11-20&to=2026-11-20&limit=50');
    expect(query).toEqual({ measure: 'closed', measure_area: '110108', from: '2026-11-20', to: '2026-11-20' });
    expect(listQuery(query, 50).toString())
      .toBe('measure=closed&measure_area=110108&from=2026-11-20&to=2026-11-20&limit=50');
    expect(queryOfCasesUrl('measure=closed')).toEqual({ measure: 'closed' });
    expect(queryOfCasesUrl('/cases')).toEqual({});
  });

  it('decodes what was encoded once', () => {
    expect(queryOfCasesUrl('/cases?q=%E4%BA%95%E7%9B%96+a%26b')).toEqual({ q: '井盖 a&b' });
  });

  it('shows parameters without a control as removable', () => {
    expect(extraFilters({ q: 'a', measure: 'filed', cursor: 'x', near: '1,2,3' }))
      .toEqual([['measure', 'filed'], ['near', '1,2,3']]);
  });

  it('exports the whole selection, not the page', () => {
    expect(exportQuery({ q: 'a', cursor: 'x', limit: '10' }).toString()).toBe('q=a');
    expect(listQuery({ q: ['first', 'second'], state: null }, 10).toString()).toBe('q=first&limit=10');
  });
});
