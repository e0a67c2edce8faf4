import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dropBytes, nodeDisk } from './disk.ts';

test('a folder is made with those above it, and one that can never be made is refused', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'klamm-disk-'));
  t.after(() => rmSync(root, { recursive: true }));
  const disk = nodeDisk();
  disk.makeDirectory(`${root}/a/b/c`);
  disk.makeDirectory(`${root}/a/b/c`);
  assert.deepEqual(disk.list(`${root}/a/b`), ['c']);
  disk.replaceFile(`${root}/file`, 'x');
  assert.throws(() => disk.makeDirectory(`${root}/file/below`), /ENOTDIR|EEXIST/);
  if (process.platform === 'linux')
    assert.throws(() => disk.makeDirectory('/proc/klamm/data'), /ENOENT|EACCES|EPERM/);
});

test('a folder that is made is for its owner only: there are secrets in it', (t) => {
  if (process.platform === 'win32') return t.skip('has no modes');
  const root = mkdtempSync(join(tmpdir(), 'klamm-disk-'));
  t.after(() => rmSync(root, { recursive: true }));
  nodeDisk().makeDirectory(`${root}/data`);
  assert.equal(statSync(`${root}/data`).mode & 0o777, 0o700);
});

test('a file is written by many buffers at once, read back, cut and synced', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'klamm-disk-'));
  t.after(() => rmSync(root, { recursive: true }));
  const file = nodeDisk().open(`${root}/log`);
  const buffers = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i},`));
  const whole = Buffer.concat(buffers);
  file.write(buffers, 0);
  await file.sync();
  assert.deepEqual(await file.read(whole.length + 100, 0), whole);
  assert.deepEqual(file.readSync(10, 5), whole.subarray(5, 15));
  file.truncate(7);
  assert.equal((await file.read(100, 0)).length, 7);
  file.close();
});

test('what is left of buffers when some bytes of them are written', () => {
  const buffers = [Buffer.from('abc'), Buffer.from('de'), Buffer.from('f')];
  const left = (count: number): string => dropBytes(buffers, count).map(String).join('|');
  assert.deepEqual([0, 1, 3, 4, 5, 6].map(left), ['abc|de|f', 'bc|de|f', 'de|f', 'e|f', 'f', '']);
});

test('a file that is closed while a read of it is under way still answers with its own bytes', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'klamm-disk-'));
  t.after(() => rmSync(root, { recursive: true }));
  const disk = nodeDisk();
  disk.replaceFile(`${root}/mine`, 'mine');
  disk.replaceFile(`${root}/other`, 'other');
  const file = disk.open(`${root}/mine`);
  const reads = Array.from({ length: 20 }, () => file.read(4, 0));
  file.close();
  const other = disk.open(`${root}/other`);
  assert.deepEqual((await Promise.all(reads)).map(String), Array(20).fill('mine'));
  other.close();
});
