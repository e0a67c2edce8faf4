import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigRecord, FeatureLevelRecord, UnregisterBrokerRecord } from '@klamm/protocol/stored/metadata';
import { decodeMetadata, encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { registrationRecords } from './bootstrap.ts';
import { checkFeatures, featureRecords, UpgradeType } from './feature-changes.ts';
import { MetadataImage, ResourceType } from './image.ts';

const ELIGIBLE_LEADERS = 'eligible.leader.replicas.version';

function imageOf(...records: Buffer[]): MetadataImage {
  const image = new MetadataImage();
  for (const [offset, bytes] of records.entries()) image.replay(decodeMetadata(bytes), offset);
  return image;
}

const level = (name: string, featureLevel: number): Buffer =>
  encodeMetadata(FeatureLevelRecord, { name, featureLevel });

const minInSync = (resourceName: string, value: string): Buffer =>
  encodeMetadata(ConfigRecord, {
    resourceType: ResourceType.broker,
    resourceName,
    name: 'min.insync.replicas',
    value,
  });

test('metadata.version goes down as long as no level between has records of its own', () => {
  const check = (now: number, to: number, upgradeType: number) =>
    checkFeatures([{ name: 'metadata.version', level: to, upgradeType }], {
      features: new Map([['metadata.version', now]]),
      kraftVersion: 0,
      nodeId: 1,
    });
  assert.equal(check(29, 23, UpgradeType.safe), null);
  assert.equal(check(16, 15, UpgradeType.safe), null);
  for (const [now, to] of [
    [30, 29],
    [25, 22],
    [14, 13],
  ] as const) {
    assert.match(check(now, to, UpgradeType.safe) ?? '', /might be lost/);
    assert.match(check(now, to, UpgradeType.unsafe) ?? '', /would be lost/);
  }
  assert.equal(check(7, 30, UpgradeType.upgrade), null);
});

test('eligible leader replicas need a metadata.version, which may come with them', () => {
  const state = { features: new Map([['metadata.version', 22]]), kraftVersion: 0, nodeId: 1 };
  const elr = { name: ELIGIBLE_LEADERS, level: 1, upgradeType: UpgradeType.upgrade };
  const metadata = { name: 'metadata.version', level: 30, upgradeType: UpgradeType.upgrade };
  assert.match(checkFeatures([elr], state) ?? '', /needs metadata.version 23/);
  assert.equal(checkFeatures([elr, metadata], state), null);
});

test('with eligible leader replicas the minimum of replicas in sync is one of the cluster, no longer of brokers', () => {
  const image = imageOf(minInSync('1', '2'));
  const elr = { name: ELIGIBLE_LEADERS, level: 1, upgradeType: UpgradeType.upgrade };
  for (const bytes of featureRecords([elr], image, '3')) image.replay(decodeMetadata(bytes), 10);
  assert.deepEqual([...image.configs(ResourceType.broker, '')], [['min.insync.replicas', '3']]);
  assert.deepEqual([...image.configs(ResourceType.broker, '1')], []);
  assert.equal(image.features.get(ELIGIBLE_LEADERS), 1);
  const again = imageOf(minInSync('', '2'));
  assert.equal(featureRecords([elr], again, '3').length, 1, 'what is set stays');
});

test('a feature at level 0 is one that the cluster does not have', () => {
  const image = imageOf(level('group.version', 1), level('group.version', 0));
  assert.deepEqual([...image.features], []);
});

test('brokers that were with the cluster once are known until they are unregistered', () => {
  const image = imageOf(...registrationRecords(7, 'EL8e8AjKCxAdN9COU8YMtQ', 5, []).slice(0, 1));
  assert.deepEqual([...image.brokerEpochs], [[7, 5]]);
  image.replay(decodeMetadata(encodeMetadata(UnregisterBrokerRecord, { brokerId: 7, brokerEpoch: 5 })), 9);
  assert.equal(image.brokerEpochs.size, 0);
});
