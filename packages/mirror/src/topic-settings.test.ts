import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigEntry } from '@klamm/client/admin/configs';
import { changes, copyingConfigs, finalConfigs, ownConfigs } from './topic-settings.ts';

const entry = (name: string, value: string, source: ConfigEntry['source'] = 'topic'): ConfigEntry => ({
  name,
  value,
  source,
  isDefault: source === 'default',
  isReadOnly: false,
  isSensitive: false,
  documentation: null,
});

test("a topic's own settings go along, a broker's and names of its replicas do not", () => {
  assert.deepEqual(
    ownConfigs([
      entry('retention.ms', '5'),
      entry('segment.bytes', '9', 'staticBroker'),
      entry('leader.replication.throttled.replicas', '0:1'),
    ]),
    { 'retention.ms': '5' },
  );
});

test('while copying, nothing would change a batch or refuse it; at the end all is as at the source', () => {
  const source = {
    'message.timestamp.type': 'LogAppendTime',
    'compression.type': 'gzip',
    'max.message.bytes': '1000',
    'retention.ms': '5',
  };
  const copying = copyingConfigs(source, 1);
  assert.equal(copying['message.timestamp.type'], 'CreateTime');
  assert.equal(copying['compression.type'], 'producer');
  assert.equal(copying['max.message.bytes'], '2147483647');
  assert.equal(copying['retention.ms'], '5');
  assert.deepEqual(finalConfigs(source, 1), source);
  const after = { ...copying, ...changes(finalConfigs(source, 1), copying) };
  assert.deepEqual(Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null)), source);
});

test('no more replicas are asked to be in sync than there are', () => {
  const source = { 'min.insync.replicas': '2' };
  assert.equal(finalConfigs(source, 1)['min.insync.replicas'], '1');
  assert.equal(finalConfigs(source, 3)['min.insync.replicas'], '2');
});

test('records can be deleted from a compacted topic only while it is copied to', () => {
  const source = { 'cleanup.policy': 'compact' };
  assert.equal(copyingConfigs(source, 1)['cleanup.policy'], 'compact,delete');
  assert.equal(copyingConfigs(source, 1)['retention.ms'], '-1');
  assert.deepEqual(finalConfigs(source, 1), source);
});
