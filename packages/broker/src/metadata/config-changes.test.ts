import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { decodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { type ConfigChange, ConfigOperation, configRecords } from './config-changes.ts';
import { MetadataImage, ResourceType } from './image.ts';

const { set, append, subtract } = ConfigOperation;
const remove = ConfigOperation.delete;

const decide = (
  changes: readonly ConfigChange[],
  inForce = '',
  type: number = ResourceType.topic,
  name = 't',
) => configRecords(type, name, changes, () => inForce);

/** The one setting that is there after `change`; undefined where there is none. */
function valueAfter(change: ConfigChange, inForce = ''): string | undefined {
  const records = decide([change], inForce);
  assert.ok(!('errorCode' in records), 'is not refused');
  const image = new MetadataImage();
  for (const record of records) image.replay(decodeMetadata(record), 0);
  return image.configs(ResourceType.topic, 't').get(change.name);
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
  ['no value', [{ name: 'retention.ms', operation: set, value: null }], INVALID, /Null value/],
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
    const records = decide(changes);
    assert.ok('errorCode' in records);
    assert.equal(records.errorCode, errorCode);
    assert.match(records.errorMessage, message);
  });
}

test('a broker setting that holds from the start only is refused while it runs; a dynamic one is taken', () => {
  const change = (name: string, value: string) =>
    decide([{ name, operation: set, value }], '', ResourceType.broker, '');
  const refused = change('num.partitions', '3');
  assert.ok('errorCode' in refused);
  assert.equal(refused.errorCode, ErrorCode.INVALID_REQUEST);
  assert.ok(!('errorCode' in change('log.retention.ms', '1000')));
});
