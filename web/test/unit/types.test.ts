import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { describe, expect, it } from 'vitest';

const document = join(__dirname, '../../../api/openapi.json');
const withoutHeader = (text: string): string => text.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '').trim();

describe('types of the API', () => {
  // The pages can be built from a copy of web/ alone; then there is nothing to compare with.
  it.skipIf(!existsSync(document))('are those of the committed OpenAPI document (npm run types)', async () => {
    const fresh = astToString(await openapiTS(new URL(`file://${document}`)));
    const kept = readFileSync(join(__dirname, '../../src/api/openapi.ts'), 'utf8');
    expect(withoutHeader(kept)).toBe(withoutHeader(fresh));
  });
});
