import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { decodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { type Acl, type AclFilter, AclResource, Operation, PatternType, Permission } from './acl.ts';
import { createAclRecords, deleteAclRecords, matchingAcls } from './acl-changes.ts';
import { AclImage } from './acl-image.ts';
import { MetadataImage } from './image.ts';

const ACL: Acl = {
  resourceType: AclResource.topic,
  resourceName: 'orders',
  patternType: PatternType.literal,
  principal: 'User:alice',
  host: '*',
  operation: Operation.read,
  permissionType: Permission.allow,
};
const EVERYTHING: AclFilter = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: PatternType.any,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

function imageOf(acls: readonly Acl[]): AclImage {
  const image = new MetadataImage();
  for (const [i, bytes] of createAclRecords(image.acls, acls).records.entries())
    image.replay(decodeMetadata(bytes), i);
  return image.acls;
}

test('an ACL that is there already, or is named twice, is written once', () => {
  const { records, results } = createAclRecords(imageOf([ACL]), [
    ACL,
    { ...ACL, host: '10.0.0.1' },
    { ...ACL, host: '10.0.0.1' },
  ]);
  assert.equal(records.length, 1);
  assert.deepEqual(results, [null, null, null]);
});

test('what no ACL can be is refused with a reason, and the others of the request are made', () => {
  const wrong: [Partial<Acl>, RegExp][] = [
    [{ resourceType: 1 }, /type 1/],
    [{ resourceType: 8 }, /type 8/],
    [{ patternType: PatternType.match }, /pattern type 2/],
    [{ operation: Operation.any }, /operation 1/],
    [{ operation: 16 }, /operation 16/],
    [{ permissionType: 1 }, /permission 1/],
    [{ resourceName: '' }, /needs a name/],
    [{ resourceType: AclResource.cluster }, /kafka-cluster/],
    [{ principal: 'alice' }, /User:alice/],
  ];
  const { records, results } = createAclRecords(new AclImage(), [
    ...wrong.map(([part]) => ({ ...ACL, ...part })),
    ACL,
  ]);
  assert.equal(records.length, 1);
  for (const [i, [, reason]] of wrong.entries()) {
    assert.equal(results[i]?.errorCode, ErrorCode.INVALID_REQUEST);
    assert.match(results[i]?.errorMessage ?? '', reason);
  }
  assert.equal(results.at(-1), null);
});

test('a filter finds by name what is named so, or whatever applies to it', () => {
  const acls = imageOf([
    ACL,
    { ...ACL, resourceName: 'ord', patternType: PatternType.prefixed },
    { ...ACL, resourceName: 'ord' },
    { ...ACL, resourceName: '*' },
    { ...ACL, resourceName: 'orders', patternType: PatternType.prefixed, principal: 'User:bob' },
  ]);
  const found = (filter: Partial<AclFilter>): string[] =>
    matchingAcls(acls, { ...EVERYTHING, ...filter }).map(
      ({ resourceName, patternType }) =>
        `${patternType === PatternType.prefixed ? 'prefix ' : ''}${resourceName}`,
    );
  assert.deepEqual(found({}), ['*', 'ord', 'prefix ord', 'orders', 'prefix orders']);
  assert.deepEqual(found({ resourceNameFilter: 'orders' }), ['orders', 'prefix orders']);
  assert.deepEqual(found({ resourceNameFilter: 'orders', patternTypeFilter: PatternType.literal }), [
    'orders',
  ]);
  assert.deepEqual(found({ patternTypeFilter: PatternType.prefixed }), ['prefix ord', 'prefix orders']);
  assert.deepEqual(found({ resourceNameFilter: 'orders', patternTypeFilter: PatternType.match }), [
    '*',
    'prefix ord',
    'orders',
    'prefix orders',
  ]);
  assert.deepEqual(found({ principalFilter: 'User:bob' }), ['prefix orders']);
  assert.deepEqual(found({ hostFilter: '10.0.0.1' }), []);
  assert.deepEqual(found({ operation: Operation.write }), []);
  assert.deepEqual(found({ resourceTypeFilter: AclResource.group }), []);
});

test('what filters match is removed once, and told by each of them; one that cannot be is refused', () => {
  const image = new MetadataImage();
  const other = { ...ACL, principal: 'User:bob' };
  for (const bytes of createAclRecords(image.acls, [ACL, other]).records)
    image.replay(decodeMetadata(bytes), 0);
  const { records, results } = deleteAclRecords(image.acls, [
    { ...EVERYTHING, principalFilter: 'User:alice' },
    { ...EVERYTHING, resourceNameFilter: 'orders', principalFilter: 'User:alice' },
    { ...EVERYTHING, patternTypeFilter: 0 },
  ]);
  assert.deepEqual(
    results.map((result) =>
      'errorCode' in result ? result.errorCode : result.map(({ principal }) => principal),
    ),
    [['User:alice'], ['User:alice'], ErrorCode.INVALID_REQUEST],
  );
  assert.equal(records.length, 1);
  for (const bytes of records) image.replay(decodeMetadata(bytes), 0);
  assert.deepEqual(matchingAcls(image.acls, EVERYTHING), [other]);
});

test('a request that would change ten thousand and one ACLs changes none', () => {
  const many = Array.from({ length: 10_001 }, (_, i) => ({ ...ACL, resourceName: `topic-${i}` }));
  const created = createAclRecords(new AclImage(), many);
  assert.equal(created.records.length, 0);
  assert.equal(created.results[0]?.errorCode, ErrorCode.POLICY_VIOLATION);
});

test('of ten thousand ACLs only those are looked at that can be about a resource', () => {
  const image = new AclImage();
  for (let i = 0; i < 10_000; i++) {
    const patternType = i % 2 === 0 ? PatternType.literal : PatternType.prefixed;
    image.add(`${i}`, { ...ACL, resourceName: `team-${i}.`, patternType, principal: `User:${i}` });
  }
  const groups = [...image.applying(AclResource.topic, 'team-4321.events')];
  assert.equal(groups.length, 1);
  assert.deepEqual([...(groups[0]?.keys() ?? [])], ['User:4321']);
});
