import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MirrorState, type StateRecord } from './state.ts';

const senders = [{ producerId: 5, producerEpoch: 0 }];

function apply(state: MirrorState, ...records: readonly StateRecord[]): MirrorState {
  for (const { key, value } of records) state.apply(key, value);
  return state;
}

test('what was written down is what is read back, and nothing of other mirrors', () => {
  const writer = new MirrorState('a');
  const records = [
    writer.mirrorRecord('cluster', senders),
    writer.topicRecord('orders', { sourceId: 'id' }),
    writer.leadRecord('orders', 1, 100),
    writer.breakRecord('orders', 0, { source: 10, target: 4 }),
    writer.breakRecord('orders', 0, { source: 20, target: 9 }),
    writer.cutoverRecord({ phase: 'closing', at: 1 }),
  ];
  const state = apply(new MirrorState('a'), ...records);
  assert.equal(state.sourceClusterId, 'cluster');
  assert.deepEqual(state.senders, senders);
  assert.deepEqual(state.topics.get('orders'), { sourceId: 'id' });
  assert.equal(state.lead('orders', 1), 100);
  assert.deepEqual(state.breaks('orders', 0), [
    { source: 10, target: 4 },
    { source: 20, target: 9 },
  ]);
  assert.deepEqual(state.cutover, { phase: 'closing', at: 1 });
  assert.equal(new Set(records.map(({ key }) => key)).size, records.length, 'compaction keeps each');
  const other = apply(new MirrorState('b'), ...records);
  assert.equal(other.sourceClusterId, undefined);
  assert.equal(other.topics.size, 0);
});

test('a topic that is forgotten leaves nothing behind; one whose name begins alike is not touched', () => {
  const state = new MirrorState('a');
  for (const topic of ['orders', 'orders-2']) {
    apply(
      state,
      state.topicRecord(topic, { sourceId: topic }),
      state.leadRecord(topic, 3, 7),
      state.breakRecord(topic, 3, { source: 10, target: 4 }),
    );
  }
  apply(state, ...state.forgetRecords('orders'));
  assert.deepEqual([...state.topics.keys()], ['orders-2']);
  assert.equal(state.lead('orders', 3), undefined);
  assert.deepEqual(state.breaks('orders', 3), []);
  assert.equal(state.lead('orders-2', 3), 7);
  assert.equal(state.breaks('orders-2', 3).length, 1);
});

test('a record that is none of ours is passed over', () => {
  const state = apply(
    new MirrorState('a'),
    { key: 'not json', value: '{}' },
    { key: '["mirror"]', value: '{}' },
    { key: '["later","a"]', value: '{"x":1}' },
    { key: '["topic","a","t"]', value: 'not json' },
  );
  assert.equal(state.topics.size, 0);
});
