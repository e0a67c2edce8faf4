import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOffsets, readOffsets } from './offsets-file.ts';

test("lines by hand, of Kafka's own tool, and of lag -o ndjson are read", () => {
  const text = [
    '# kept before the release',
    'orders,0,12',
    '"orders",1,0\r',
    '',
    ' refunds , 2 , 9007199254740991 ',
    '{"topic":"orders","partition":3,"offset":7,"end":9,"lag":2,"member":null}',
    '{"topic":"orders","partition":4,"offset":null,"end":9,"lag":null}',
  ].join('\n');
  assert.deepEqual(parseOffsets(text), [
    { topic: 'orders', partition: 0, offset: 12 },
    { topic: 'orders', partition: 1, offset: 0 },
    { topic: 'refunds', partition: 2, offset: 9007199254740991 },
    { topic: 'orders', partition: 3, offset: 7 },
  ]);
  assert.deepEqual(parseOffsets('\n'), []);
});

test('a line that could be taken for another offset than was meant is refused, with its number', () => {
  for (const line of [
    'orders,1,',
    'orders,,5',
    ',1,5',
    'orders,1',
    'billing,orders,1,5',
    'orders,1,-1',
    'orders,1,1e3',
    'orders,1,0x10',
    'orders,1.5,1',
    'orders,1,9007199254740993',
    'TOPIC,PARTITION,OFFSET',
    '{"topic":"orders","partition":1}',
    '{"topic":"orders","partition":"1","offset":5}',
    '{"topic":"orders","partition":1,"offset":5',
  ]) {
    assert.throws(() => parseOffsets(`# before\n\n${line}\n`), { code: 'USAGE', message: /line 3: / }, line);
  }
});

test('a partition that is there twice is refused: one of both is wrong', () => {
  assert.throws(() => parseOffsets('a,0,1\nb,0,1\na,0,2'), {
    code: 'USAGE',
    message: /a-0 is on line 1 and on line 3/,
  });
});

test('a file that is not there is named', async () => {
  await assert.rejects(readOffsets('no-such-file.csv'), {
    code: 'USAGE',
    message: /no-such-file\.csv cannot be read/,
  });
});
