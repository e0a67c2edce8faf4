// What may be done to users of SCRAM, row by row, and what is told of them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { decodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { MetadataImage } from './image.ts';
import { alterScramRecords, describeScramUsers } from './scram-changes.ts';

type Deletion = Parameters<typeof alterScramRecords>[1][number];
type Upsertion = Parameters<typeof alterScramRecords>[2][number];

const SHA256 = 1;
const SHA512 = 2;
const saltedPassword = randomBytes(64);
const set = (name: string, changes: Partial<Upsertion> = {}): Upsertion => ({
  name,
  mechanism: SHA256,
  iterations: 4096,
  salt: randomBytes(16),
  saltedPassword,
  ...changes,
});
const gone = (name: string, mechanism = SHA256): Deletion => ({ name, mechanism });

function imageWith(...upsertions: Upsertion[]): MetadataImage {
  const image = new MetadataImage();
  for (const upsertion of upsertions) alter(image, [], [upsertion]);
  return image;
}

function alter(image: MetadataImage, deletions: Deletion[], upsertions: Upsertion[]) {
  const { records, results } = alterScramRecords(image.scram, deletions, upsertions);
  for (const record of records) image.replay(decodeMetadata(record), 0);
  return Object.fromEntries(results.map(({ user, errorCode }) => [user, errorCode]));
}

const rows: [string, Deletion[], Upsertion[], Record<string, number>][] = [
  ['a user without a name', [], [set('')], { '': ErrorCode.UNACCEPTABLE_CREDENTIAL }],
  ['too few rounds', [], [set('bob', { iterations: 4095 })], { bob: ErrorCode.UNACCEPTABLE_CREDENTIAL }],
  ['the most rounds', [], [set('bob', { iterations: 16384 })], { bob: ErrorCode.NONE }],
  ['too many rounds', [], [set('bob', { iterations: 16385 })], { bob: ErrorCode.UNACCEPTABLE_CREDENTIAL }],
  [
    'a mechanism that there is not',
    [],
    [set('bob', { mechanism: 3 })],
    { bob: ErrorCode.UNSUPPORTED_SASL_MECHANISM },
  ],
  [
    'two mechanisms of one user at a time',
    [],
    [set('bob'), set('bob', { mechanism: SHA512 })],
    { bob: ErrorCode.DUPLICATE_RESOURCE },
  ],
  [
    'removing and setting at a time',
    [gone('alice')],
    [set('alice')],
    { alice: ErrorCode.DUPLICATE_RESOURCE },
  ],
  ['removing twice', [gone('alice'), gone('alice')], [], { alice: ErrorCode.DUPLICATE_RESOURCE }],
  ['removing whom there is not', [gone('bob')], [], { bob: ErrorCode.RESOURCE_NOT_FOUND }],
  ['removing another mechanism', [gone('alice', SHA512)], [], { alice: ErrorCode.RESOURCE_NOT_FOUND }],
  ['the first fault counts', [gone('bob')], [set('bob')], { bob: ErrorCode.RESOURCE_NOT_FOUND }],
  [
    'one fault of many does not stop the others',
    [gone('alice')],
    [set('bob'), set('carol', { iterations: 1 })],
    { alice: ErrorCode.NONE, bob: ErrorCode.NONE, carol: ErrorCode.UNACCEPTABLE_CREDENTIAL },
  ],
];
for (const [what, deletions, upsertions, outcome] of rows) {
  test(`users of SCRAM: ${what}`, () => {
    assert.deepEqual(alter(imageWith(set('alice')), deletions, upsertions), outcome);
  });
}

test('a user that is set is there by that mechanism, and gone with the last one', () => {
  const image = imageWith(set('alice'), set('alice', { mechanism: SHA512, iterations: 8192 }));
  assert.deepEqual(
    describeScramUsers(image.scram, null).map(({ user, credentialInfos }) => [user, credentialInfos]),
    [
      [
        'alice',
        [
          { mechanism: SHA256, iterations: 4096 },
          { mechanism: SHA512, iterations: 8192 },
        ],
      ],
    ],
  );
  alter(image, [gone('alice')], []);
  assert.equal(image.scram.credential('alice', SHA256), undefined);
  alter(image, [gone('alice', SHA512)], []);
  assert.deepEqual(describeScramUsers(image.scram, []), []);
});

test('what is kept of a password is not what came over the wire', () => {
  const image = imageWith(set('alice'));
  const kept = image.scram.credential('alice', SHA256);
  assert.ok(kept);
  assert.notDeepEqual(kept.storedKey, saltedPassword);
  assert.notDeepEqual(kept.serverKey, saltedPassword);
});

test('users are described once each, and by name only where they are', () => {
  const image = imageWith(set('alice'));
  assert.deepEqual(
    describeScramUsers(image.scram, ['bob', 'alice', 'carol', 'carol']).map(({ user, errorCode }) => [
      user,
      errorCode,
    ]),
    [
      ['bob', ErrorCode.RESOURCE_NOT_FOUND],
      ['alice', ErrorCode.NONE],
      ['carol', ErrorCode.DUPLICATE_RESOURCE],
    ],
  );
});
