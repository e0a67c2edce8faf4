// One set of rows in every format.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderRows } from './rows.ts';

const columns = [
  { key: 'name', title: 'NAME' },
  { key: 'count', title: 'COUNT', isNumber: true },
  { key: 'note', title: 'NOTE', isWide: true },
];
const rows = [
  { name: 'a,"b"', count: 7, note: null, replicas: [1, 2] },
  { name: '東京', count: 1234, note: 'yes', replicas: [] },
];

test('a table lines up, numbers to the right, and leaves wide columns out', () => {
  assert.equal(renderRows('table', columns, rows), 'NAME   COUNT\na,"b"      7\n東京    1234\n');
  assert.equal(renderRows('wide', columns, rows).split('\n')[1], 'a,"b"      7  -');
});

test('a table shows control characters as escapes', () => {
  assert.match(renderRows('table', columns, [{ name: 'x\u001b[31m\n', count: 1 }]), /x\\x1b\[31m\\n/);
});

test('json and ndjson keep every field with its type', () => {
  assert.deepEqual(JSON.parse(renderRows('json', columns, rows)), rows);
  const lines = renderRows('ndjson', columns, rows).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    rows,
  );
});

test('csv quotes what has to be quoted', () => {
  assert.equal(renderRows('csv', columns, rows), 'name,count,note\n"a,""b""",7,\n東京,1234,yes\n');
});

test('yaml quotes what could be taken for something else', () => {
  assert.equal(
    renderRows('yaml', columns, rows),
    '- name: "a,\\"b\\""\n  count: 7\n  note: null\n  replicas:\n    - 1\n    - 2\n- name: "東京"\n  count: 1234\n  note: "yes"\n  replicas: []\n',
  );
});

test('no rows are an empty list for programs', () => {
  assert.equal(renderRows('json', columns, []), '[]\n');
  assert.equal(renderRows('yaml', columns, []), '[]\n');
  assert.equal(renderRows('ndjson', columns, []), '');
});
