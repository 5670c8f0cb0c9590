import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

// Which folder of src/ may import from which. Types of the API may be named anywhere (`import type`).
const kAllowed: Record<string, string[]> = {
  api: ['common'],
  common: [],
  i18n: ['common'],
  stores: ['api', 'common', 'i18n'],
  components: ['common', 'i18n'],
  map: ['common', 'i18n'],
  panels: ['api', 'common', 'i18n', 'stores', 'components', 'map'],
  '.': ['api', 'common', 'i18n', 'stores', 'components', 'panels'],
};

const src = join(__dirname, '../../src');

function offences(folder: string, source: string): string[] {
  const found: string[] = [];
  for (const [line, kind, target] of source.matchAll(/^import( type)?[^'\n]*(?:\n[^'\n]*)*?'@\/([^']+)'/gm)) {
    const layer = target?.split('/')[0] ?? '';
    if (layer === folder) continue;
    if (kind && target === 'api/types') continue;
    if (!kAllowed[folder]?.includes(layer)) found.push(line.replace(/\s+/g, ' '));
  }
  return found;
}

describe('layers', () => {
  it('lets imports run only downwards', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|vue)$/.test(name));
    expect(files.length).toBeGreaterThan(20);
    for (const name of files) {
      const parts = relative('.', name).split(/[\\/]/);
      const folder = parts.length > 1 ? parts[0]! : '.';
      expect(Object.keys(kAllowed), name).toContain(folder);
      expect(offences(folder, readFileSync(join(src, name), 'utf8')), name).toEqual([]);
    }
  });

  it('would notice an import that runs upwards', () => {
    expect(offences('common', "import { api } from '@/api/client';")).toHaveLength(1);
    expect(offences('components', "import {\n  city,\n} from '@/stores/city';")).toHaveLength(1);
    expect(offences('components', "import type { Case } from '@/api/types';")).toEqual([]);
  });

  it('keeps every request in the one client', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|vue)$/.test(name));
    const talking = files.filter((name) => /\bfetch\(|new EventSource\(|XMLHttpRequest/.test(readFileSync(join(src, name), 'utf8')));
    expect(talking.sort()).toEqual(['api/client.ts', 'api/events.ts']);
  });
});
