import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPlan, parsePlan } from './plan-file.ts';

const MOVES = [
  { topic: 'orders', partition: 0, replicas: [1, 2] },
  { topic: 'orders', partition: 1, replicas: [2] },
];

test('a plan is read as Kafka writes it, and written as Kafka reads it', () => {
  const theirs =
    '{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2],"log_dirs":["any","any"]},' +
    '{"topic":"orders","partition":1,"replicas":[2],"log_dirs":["any"]}]}';
  assert.deepEqual(parsePlan(theirs), MOVES);
  assert.deepEqual(parsePlan(formatPlan(MOVES)), MOVES);
});

test('what is wrong with a plan is named with its place', () => {
  const plan = (partitions: unknown): string => JSON.stringify({ version: 1, partitions });
  const move = { topic: 't', partition: 0, replicas: [1] };
  for (const [text, why] of [
    ['{', /no JSON/],
    ['[]', /no object/],
    ['{"version":2,"partitions":[]}', /version is 2/],
    ['{"version":1}', /no list of "partitions"/],
    [plan([3]), /partitions\[0\] is no object/],
    [plan([move, { ...move, topic: 7 }]), /partitions\[1\] has no "topic"/],
    [plan([{ ...move, partition: -1 }]), /no "partition"/],
    [plan([{ ...move, replicas: [] }]), /no "replicas"/],
    [plan([{ ...move, replicas: ['1'] }]), /no "replicas"/],
    [plan([{ ...move, replicas: [1, 1] }]), /a broker twice/],
    [plan([move, move]), /t-0 is there twice/],
    [plan([{ ...move, log_dirs: ['/data'] }]), /"log_dirs"/],
  ] as const) {
    assert.throws(() => parsePlan(text), why, text);
  }
});
