import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { staleLists, writeLists } from './lists.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const API = 'packages/protocol/src/api';
const HANDLERS = 'packages/broker/src/handlers';

test('the lists of APIs and handlers are what the file names say', () => {
  assert.deepEqual(staleLists(ROOT), [], 'npm run tidy -- --fix writes them');
});

test('a new numbered file makes its list stale, and is written into it in order of its key', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'klamm-lists-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const folder of [API, HANDLERS]) cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  writeFileSync(join(root, API, '04-new-thing.ts'), 'export const NewThing = api({});\n');
  assert.deepEqual(staleLists(root), [`${API}/index.ts`]);
  assert.deepEqual(writeLists(root), [`${API}/index.ts`]);
  const text = readFileSync(join(root, API, 'index.ts'), 'utf8');
  assert.match(text, /03-metadata.ts';\nimport \{ NewThing \} from '\.\/04-new-thing\.ts';\n/);
  assert.match(text, / {2}Metadata,\n {2}NewThing,\n/);
  assert.deepEqual(writeLists(root), [], 'nothing is left to do');
});

test('a numbered file that exports nothing for the list is named', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'klamm-lists-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const folder of [API, HANDLERS]) cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  writeFileSync(join(root, HANDLERS, '04-new-thing.ts'), 'export const other = 1;\n');
  assert.throws(() => staleLists(root), /handlers\/04-new-thing\.ts has a number, but exports nothing/);
});
