// Fails the build when the page outgrows its budget: everything together, and what the first view needs.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TOTAL_MAX = 700_000;
const FIRST_VIEW_MAX = 120_000;

const dist = new URL('../dist/', import.meta.url).pathname;
const sizes = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    // Node 18 names the folder `path`, later versions `parentPath`.
    const file = join(entry.parentPath ?? entry.path, entry.name);
    return { name: entry.name, bytes: gzipSync(readFileSync(file), { level: 9 }).length };
  });
const sum = (list) => list.reduce((total, item) => total + item.bytes, 0);
const total = sum(sizes);
const first = sum(sizes.filter((item) => !item.name.startsWith('maplibre')));
console.log(`gzip: ${total} bytes in all (limit ${TOTAL_MAX}), ${first} without the map (limit ${FIRST_VIEW_MAX})`);
if (total > TOTAL_MAX || first > FIRST_VIEW_MAX) {
  console.error('The page is over its size budget.');
  process.exit(1);
}
