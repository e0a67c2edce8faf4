import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConfigRecord } from '@klamm/protocol/stored/metadata';
import { decodeMetadata, encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { BrokerSettings } from '../config/settings.ts';
import { type ConfigChange, ConfigOperation, type ConfigTarget, configRecords } from './config-changes.ts';
import { ConfigValues } from './config-values.ts';
import { MetadataImage, ResourceType } from './image.ts';

const { set, append, subtract } = ConfigOperation;
const remove = ConfigOperation.delete;

/** A resource that has the settings `has`, on a broker that was started with `started`. */
function targetOf(
  resourceType: number,
  resourceName: string,
  has: Readonly<Record<string, string>> = {},
  started: Readonly<Record<string, string>> = {},
): ConfigTarget {
  const image = new MetadataImage();
  for (const [name, value] of Object.entries(has)) {
    const record = encodeMetadata(ConfigRecord, { resourceType, resourceName, name, value });
    image.replay(decodeMetadata(record), 0);
  }
  const entries = Object.entries(started).map(([name, value]) => ({ name, value, source: 'f:1' }));
  const values = new ConfigValues(image, BrokerSettings.from(entries), 1);
  return { resourceType, resourceName, current: image.configs(resourceType, resourceName), values };
}

const topicWith = (has: Readonly<Record<string, string>> = {}): ConfigTarget =>
  targetOf(ResourceType.topic, 't', has);

/** The one setting that is there after `change`; undefined where there is none. */
function valueAfter(change: ConfigChange, inForce: string): string | undefined {
  const target = topicWith(inForce === '' ? {} : { [change.name]: inForce });
  const decided = configRecords(target, [change]);
  assert.ok(!('errorCode' in decided), 'is not refused');
  const image = new MetadataImage();
  for (const record of decided.records) image.replay(decodeMetadata(record), 0);
  const after = image.configs(ResourceType.topic, 't').get(change.name);
  assert.equal(decided.configs.get(change.name), after);
  return after;
}

const POLICY = 'cleanup.policy';
const VALUES: [string, ConfigChange, string, string | undefined][] = [
  ['set', { name: 'retention.ms', operation: set, value: '5' }, '', '5'],
  ['removed', { name: 'retention.ms', operation: remove, value: null }, '5', undefined],
  ['appended to', { name: POLICY, operation: append, value: 'compact' }, 'delete', 'delete,compact'],
  [
    'appended to with what is there',
    { name: POLICY, operation: append, value: 'delete' },
    'delete',
    'delete',
  ],
  ['subtracted from', { name: POLICY, operation: subtract, value: 'delete' }, 'compact,delete', 'compact'],
];

for (const [what, change, inForce, expected] of VALUES) {
  test(`a setting is ${what}`, () => assert.equal(valueAfter(change, inForce), expected));
}

const INVALID = ErrorCode.INVALID_CONFIG;
const REFUSED: [string, ConfigChange[], number, RegExp][] = [
  ['an unknown name', [{ name: 'retention', operation: set, value: '1' }], INVALID, /Unknown topic config/],
  [
    'a wrong value',
    [{ name: 'retention.ms', operation: set, value: 'soon' }],
    INVALID,
    /retention\.ms.*whole/,
  ],
  [
    'no value',
    [{ name: 'retention.ms', operation: set, value: null }],
    ErrorCode.INVALID_REQUEST,
    /Null value/,
  ],
  [
    'appending to what is no list',
    [{ name: 'retention.ms', operation: append, value: '1' }],
    INVALID,
    /no list/,
  ],
  [
    'an unknown word appended',
    [{ name: POLICY, operation: append, value: 'burn' }],
    INVALID,
    /"burn" is none of/,
  ],
  [
    'an unknown operation',
    [{ name: POLICY, operation: 9, value: 'delete' }],
    ErrorCode.INVALID_REQUEST,
    /Operation 9/,
  ],
  [
    'one setting twice',
    [
      { name: 'retention.ms', operation: set, value: '1' },
      { name: 'retention.ms', operation: set, value: '2' },
    ],
    ErrorCode.INVALID_REQUEST,
    /retention\.ms more than once/,
  ],
  [
    'one good and one wrong change: neither is made',
    [
      { name: 'retention.ms', operation: set, value: '1' },
      { name: 'segment.ms', operation: set, value: '-5' },
    ],
    INVALID,
    /segment\.ms/,
  ],
];

for (const [what, changes, errorCode, message] of REFUSED) {
  test(`${what} is refused`, () => {
    const refused = configRecords(topicWith(), changes);
    assert.ok('errorCode' in refused);
    assert.equal(refused.errorCode, errorCode);
    assert.match(refused.errorMessage, message);
  });
}

type Refusal = [what: string, type: number, resource: string, name: string, value: string, RegExp];

const { broker, group, clientMetrics } = ResourceType;
const NO: Refusal[] = [
  ['one that holds from the start only', broker, '', 'num.partitions', '3', /cannot be changed while/],
  ['a key store of no listener', broker, '1', 'ssl.keystore.location', 'x', /listener\.name\.LISTENER/],
  ['a key store of all brokers', broker, '', 'listener.name.a.ssl.keystore.location', 'x', /name the broker/],
  ['mechanisms of all brokers', broker, '', 'sasl.enabled.mechanisms', 'PLAIN', /name the broker/],
  ['an unknown one', broker, '', 'log.retenton.ms', '3', /did you mean log\.retention\.ms\?/],
  ['a wrong value', broker, '', 'log.retention.ms', 'soon', /Invalid value soon/],
  ['a minimum for one broker', broker, '1', 'min.insync.replicas', '1', /for one broker/],
  ['a session that is too short', group, 'g', 'consumer.session.timeout.ms', '44999', /at least 45000/],
  ['a session that is too long', group, 'g', 'consumer.session.timeout.ms', '60001', /at most 60000/],
  ['standbys without end', group, 'g', 'streams.num.standby.replicas', '3', /at most 2/],
  ['a beginning that is none', group, 'g', 'share.auto.offset.reset', 'never', /by_duration/],
  ['an unknown one', group, 'g', 'session.timeout', '3', /Unknown group config/],
  ['an interval that is too short', clientMetrics, 'm', 'interval.ms', '99', /at least 100/],
  ['clients by a property that is none', clientMetrics, 'm', 'match', 'colour=a', /client_id/],
];

for (const [what, type, resource, name, value, message] of NO) {
  test(`of settings of kind ${type}, ${what} is refused: ${name}`, () => {
    const refused = configRecords(targetOf(type, resource), [{ name, operation: set, value }]);
    assert.ok('errorCode' in refused);
    assert.match(refused.errorMessage, message);
  });
}

const YES: [type: number, resource: string, name: string, value: string][] = [
  [broker, '', 'log.retention.ms', '1000'],
  [broker, '1', 'listener.name.a.ssl.keystore.location', 'x'],
  [broker, '', 'listener.name.a.max.connections', '5'],
  [broker, '', 'num.io.threads', '5'],
  [group, 'g', 'consumer.session.timeout.ms', '50000'],
  [group, 'g', 'share.auto.offset.reset', 'by_duration:P1DT2H'],
  [clientMetrics, 'm', 'match', 'client_id=a.*,client_software_name=b'],
];

for (const [type, resource, name, value] of YES) {
  test(`of settings of kind ${type}, ${name} may be altered`, () => {
    const decided = configRecords(targetOf(type, resource), [{ name, operation: set, value }]);
    assert.ok(!('errorCode' in decided));
    assert.equal(decided.configs.get(name), value);
  });
}

test('limits that the broker was started with hold for groups', () => {
  const limits = { 'group.consumer.min.session.timeout.ms': '1000' };
  const change = { name: 'consumer.session.timeout.ms', operation: set, value: '6000' };
  assert.ok(!('errorCode' in configRecords(targetOf(group, 'g', {}, limits), [change])));
});

test('a session must outlast a heartbeat, whichever of the two is altered', () => {
  const has = { 'consumer.session.timeout.ms': '45000' };
  const limits = { 'group.consumer.max.heartbeat.interval.ms': '100000' };
  const change = { name: 'consumer.heartbeat.interval.ms', operation: set, value: '45000' };
  const refused = configRecords(targetOf(group, 'g', has, limits), [change]);
  assert.ok('errorCode' in refused);
  assert.match(refused.errorMessage, /must be more than consumer\.heartbeat/);
});

test('the minimum of in-sync replicas of all brokers may be altered, not removed', () => {
  const target = targetOf(broker, '', { 'min.insync.replicas': '1' });
  const name = 'min.insync.replicas';
  assert.ok('errorCode' in configRecords(target, [{ name, operation: remove, value: null }]));
  assert.ok(!('errorCode' in configRecords(target, [{ name, operation: set, value: '2' }])));
});

test('what is wrong with a secret is told without it', () => {
  const name = 'listener.name.a.plain.sasl.jaas.config';
  const refused = configRecords(targetOf(broker, '1'), [{ name, operation: set, value: 'hunter2' }]);
  assert.ok('errorCode' in refused);
  assert.match(refused.errorMessage, /sasl\.jaas\.config; .*is missing/);
  assert.doesNotMatch(refused.errorMessage, /hunter2/);
});

test('a setting that nobody knows any more can be removed', () => {
  const target = targetOf(broker, '', { 'gone.setting': 'x' });
  const decided = configRecords(target, [{ name: 'gone.setting', operation: remove, value: null }]);
  assert.ok(!('errorCode' in decided));
  assert.equal(decided.records.length, 1);
});
