import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  baseOffsetOfFile,
  DELETED_DIRECTORY_SUFFIX,
  LOG_SUFFIX,
  partitionOfDirectory,
  segmentFileName,
  setAsideName,
} from './file-names.ts';

test('a segment is named by its base offset, and read back by it', () => {
  const name = segmentFileName(42, LOG_SUFFIX);
  assert.equal(name, '00000000000000000042.log');
  assert.equal(baseOffsetOfFile(name, LOG_SUFFIX), 42);
  assert.equal(baseOffsetOfFile('00000000000000000042.index', LOG_SUFFIX), -1);
  assert.equal(baseOffsetOfFile('42.log', LOG_SUFFIX), -1);
});

test('a partition is known by its folder, also where the topic has dashes', () => {
  assert.deepEqual(partitionOfDirectory('a-b-12'), { topic: 'a-b', index: 12 });
  assert.equal(partitionOfDirectory('a-b'), null);
  assert.equal(partitionOfDirectory('-1'), null);
});

test('a folder set aside keeps within what file systems take, and cannot be taken for a partition', () => {
  const id = 'k5YPAIOeS1iNqL5FmotDew';
  assert.equal(setAsideName('t', 3, id, DELETED_DIRECTORY_SUFFIX), `t-3.${id}-delete`);
  const long = setAsideName('x'.repeat(249), 9999, 'a-b_cdefghijklmnopqrst', DELETED_DIRECTORY_SUFFIX);
  assert.equal(long.length, 255);
  assert.match(long, /^x+-9999\.ab_cdefghijklmnopqrst-delete$/);
  assert.equal(partitionOfDirectory(long), null);
});
