import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cached } from './cache.ts';

let folder: string;
let source: string;
const built = new Set<string>();
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'klamm-cache-'));
  source = join(folder, 'source');
  writeFileSync(source, `${process.pid} ${Date.now()}`);
});
after(() => {
  for (const path of [folder, ...built]) rmSync(path, { recursive: true, force: true });
});

async function build(fill: (target: string) => Promise<void>): Promise<string> {
  const path = await cached('test', [source], fill);
  built.add(path);
  return path;
}

test('what several ask for at the same time is built once, and is whole for all of them', async () => {
  let builds = 0;
  const ask = (): Promise<string> =>
    build(async (target) => {
      builds++;
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(join(target, 'result'), 'whole');
    });
  const paths = await Promise.all([ask(), ask(), ask()]);
  assert.equal(builds, 1);
  assert.deepEqual(
    paths.map((path) => readFileSync(join(path, 'result'), 'utf8')),
    ['whole', 'whole', 'whole'],
  );
});

test('a changed source is built anew', async () => {
  const first = await build(async () => {});
  writeFileSync(source, `changed ${process.pid} ${Date.now()}`);
  assert.notEqual(await build(async () => {}), first);
});

test('a build that fails leaves nothing behind that the next one would take for whole', async () => {
  writeFileSync(source, `failing ${process.pid} ${Date.now()}`);
  const failing = build(async (target) => {
    writeFileSync(join(target, 'half'), '');
    throw new Error('no network');
  });
  await assert.rejects(failing, /no network/);
  const path = await build(async (target) => writeFileSync(join(target, 'whole'), ''));
  assert.deepEqual(readdirSync(path), ['whole']);
  assert.equal(existsSync(`${path}.lock`), false);
});
