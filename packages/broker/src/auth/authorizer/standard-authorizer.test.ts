import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import fc from 'fast-check';
import type { ClientConnection } from '../../listeners/connection.ts';
import { type Acl, AclResource, Operation, PatternType, Permission } from '../../metadata/acl.ts';
import { AclImage } from '../../metadata/acl-image.ts';
import { AuditLog } from './audit-log.ts';
import { StandardAuthorizer } from './standard-authorizer.ts';
import type { Subject } from './subject.ts';

const { topic } = AclResource;
const { read, write, describe, all } = Operation;

const ALLOW_READ: Acl = {
  resourceType: topic,
  resourceName: 'orders',
  patternType: PatternType.literal,
  principal: 'User:alice',
  host: '*',
  operation: read,
  permissionType: Permission.allow,
};

function imageOf(acls: readonly Acl[]): AclImage {
  const image = new AclImage();
  for (const [i, acl] of acls.entries()) image.add(`id-${i}`, acl);
  return image;
}

function authorizerOf(
  acls: AclImage,
  { allowIfNoAcl = false, superUsers = [] as string[], logger = silentLogger } = {},
): StandardAuthorizer {
  const audit = new AuditLog(logger, systemClock);
  return new StandardAuthorizer(acls, { superUsers: new Set(superUsers), allowIfNoAcl, audit });
}

function subject(name: string, host = '10.0.0.1'): Subject {
  const principal = { type: 'User', name, isTokenAuthenticated: false };
  return { principal, principalText: `User:${name}`, host };
}

function connection(name: string): ClientConnection {
  const { principal } = subject(name);
  return { principal, remoteAddress: '10.0.0.1:4000' } as ClientConnection;
}

test('whom no ACL is about may do nothing', () => {
  const authorizer = authorizerOf(imageOf([ALLOW_READ]));
  assert.equal(authorizer.judge(subject('alice'), read, topic, 'orders'), true);
  assert.equal(authorizer.judge(subject('alice'), write, topic, 'orders'), false);
  assert.equal(authorizer.judge(subject('alice'), read, topic, 'orders2'), false);
  assert.equal(authorizer.judge(subject('alice'), read, AclResource.group, 'orders'), false);
  assert.equal(authorizer.judge(subject('bob'), read, topic, 'orders'), false);
});

test('reading implies describing, for those who are allowed and not for those who are denied', () => {
  const denyRead = { ...ALLOW_READ, principal: 'User:bob', permissionType: Permission.deny };
  const allowAll = { ...ALLOW_READ, principal: 'User:bob', operation: all };
  const authorizer = authorizerOf(imageOf([ALLOW_READ, denyRead, allowAll]));
  assert.equal(authorizer.judge(subject('alice'), describe, topic, 'orders'), true);
  assert.equal(authorizer.judge(subject('bob'), describe, topic, 'orders'), true);
  assert.equal(authorizer.judge(subject('bob'), read, topic, 'orders'), false);
});

test('a super user may do what is denied to everybody', () => {
  const deny = { ...ALLOW_READ, principal: 'User:*', operation: all, permissionType: Permission.deny };
  const authorizer = authorizerOf(imageOf([deny]), { superUsers: ['User:admin'] });
  assert.equal(authorizer.judge(subject('admin'), read, topic, 'orders'), true);
  assert.equal(authorizer.judge(subject('alice'), read, topic, 'orders'), false);
});

test('with allow.everyone.if.no.acl.found one ACL on a resource is enough to keep all others out', () => {
  const authorizer = authorizerOf(imageOf([ALLOW_READ]), { allowIfNoAcl: true });
  assert.equal(authorizer.judge(subject('bob'), read, topic, 'other'), true);
  assert.equal(authorizer.judge(subject('bob'), read, topic, 'orders'), false);
});

test('an ACL for an IPv6 address holds in whichever way it is written', () => {
  const authorizer = authorizerOf(imageOf([{ ...ALLOW_READ, host: '2001:db8::1' }]));
  assert.equal(authorizer.judge(subject('alice', '2001:db8:0:0:0:0:0:1'), read, topic, 'orders'), true);
  assert.equal(authorizer.judge(subject('alice', '2001:db8:0:0:0:0:0:2'), read, topic, 'orders'), false);
});

test('a decision that was kept holds until an ACL changes, or the connection has another user', () => {
  const acls = imageOf([ALLOW_READ]);
  const authorizer = authorizerOf(acls);
  const client = connection('alice');
  const mayRead = (): boolean => authorizer.allows(client, read, topic, 'orders', 'Fetch');
  assert.equal(mayRead(), true);
  assert.equal(mayRead(), true);
  acls.remove('id-0');
  assert.equal(mayRead(), false);
  acls.add('new', ALLOW_READ);
  assert.equal(mayRead(), true);
  client.principal = subject('bob').principal;
  assert.equal(mayRead(), false);
});

test('a client that asks for ever new topics is judged right, and leaves no more than a few of them behind', () => {
  const authorizer = authorizerOf(
    imageOf([{ ...ALLOW_READ, resourceName: 't1', patternType: PatternType.prefixed }]),
  );
  const client = connection('alice');
  for (let i = 0; i < 1000; i++) {
    const name = `t${i}`;
    assert.equal(authorizer.allows(client, read, topic, name, 'Fetch'), name.startsWith('t1'), name);
    assert.equal(authorizer.allows(client, write, topic, name, 'Produce'), false, name);
  }
});

test('a refusal is told to the log, what is only left out of an answer is not', () => {
  const lines: string[] = [];
  const logger = { ...silentLogger, info: (line: string) => lines.push(line) };
  const authorizer = authorizerOf(imageOf([]), { logger });
  const client = connection('mallory');
  authorizer.allows(client, read, topic, 'orders', undefined);
  assert.deepEqual(lines, []);
  authorizer.allows(client, read, topic, 'orders', 'Fetch');
  authorizer.allowsSome(client, write, topic, 'InitProducerId');
  assert.equal(lines.length, 2);
  assert.match(
    lines[0] ?? '',
    /"User:mallory" is denied READ from host "10\.0\.0\.1" on Topic "orders" for request Fetch/,
  );
});

const names = ['a', 'ab', 'abc', 'b', '*', 'hardcode', 'hard'];
const hosts = ['10.0.0.1', '10.0.0.2'];
const operations = [
  read,
  write,
  Operation.delete,
  Operation.alter,
  describe,
  Operation.describeConfigs,
  Operation.alterConfigs,
];
const aclArbitrary: fc.Arbitrary<Acl> = fc.record({
  resourceType: fc.constantFrom(topic, AclResource.group),
  resourceName: fc.constantFrom(...names),
  patternType: fc.constantFrom(PatternType.literal, PatternType.prefixed),
  principal: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
  host: fc.constantFrom('*', ...hosts),
  operation: fc.constantFrom(all, ...operations),
  permissionType: fc.constantFrom(Permission.allow, Permission.deny),
});
const changes = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: aclArbitrary }) },
    { weight: 1, arbitrary: fc.record({ remove: fc.nat({ max: 30 }) }) },
  ),
  { maxLength: 30 },
);

/** All ACLs, and the image after the same changes. */
function applied(steps: readonly ({ add: Acl } | { remove: number })[]): { image: AclImage; left: Acl[] } {
  const image = new AclImage();
  const byId = new Map<string, Acl>();
  for (const [i, step] of steps.entries()) {
    if ('add' in step) {
      image.add(`${i}`, step.add);
      byId.set(`${i}`, step.add);
    } else {
      image.remove(`${step.remove}`);
      byId.delete(`${step.remove}`);
    }
  }
  return { image, left: [...byId.values()] };
}

const isOn = (acl: Acl, type: number, name: string): boolean =>
  acl.resourceType === type &&
  (acl.patternType === PatternType.prefixed
    ? name.startsWith(acl.resourceName)
    : acl.resourceName === name || acl.resourceName === '*');

const implied = new Map<number, number[]>([
  [describe, [read, write, Operation.delete, Operation.alter]],
  [Operation.describeConfigs, [Operation.alterConfigs]],
]);

/** The rule as documentation has it, without an index. */
function naive(
  acls: readonly Acl[],
  who: Subject,
  operation: number,
  type: number,
  name: string,
  open: boolean,
): boolean {
  const on = acls.filter((acl) => isOn(acl, type, name));
  const mine = on.filter(
    (acl) => [who.principalText, 'User:*'].includes(acl.principal) && [who.host, '*'].includes(acl.host),
  );
  const denies = mine.filter(({ permissionType }) => permissionType === Permission.deny);
  if (denies.some((acl) => acl.operation === all || acl.operation === operation)) return false;
  const enough = [all, operation, ...(implied.get(operation) ?? [])];
  const isAllowed = mine.some(
    (acl) => acl.permissionType === Permission.allow && enough.includes(acl.operation),
  );
  return isAllowed || (on.length === 0 && open);
}

test('any ACLs are judged as the plain rule judges them, whatever came and went before', () => {
  fc.assert(
    fc.property(changes, fc.boolean(), (steps, allowIfNoAcl) => {
      const { image, left } = applied(steps);
      const authorizer = authorizerOf(image, { allowIfNoAcl });
      assert.equal(image.size, left.length);
      for (const name of ['alice', 'bob', 'carol'])
        for (const host of hosts)
          for (const operation of operations)
            for (const type of [topic, AclResource.group])
              for (const resource of ['a', 'ab', 'abcd', 'b', 'c', 'hardcode']) {
                const who = subject(name, host);
                const expected = naive(left, who, operation, type, resource, allowIfNoAcl);
                assert.equal(authorizer.judge(who, operation, type, resource), expected);
              }
    }),
    { numRuns: 150 },
  );
});

test('something of a kind is allowed where there is a name on which it would be', () => {
  fc.assert(
    fc.property(changes, (steps) => {
      const { image, left } = applied(steps);
      const authorizer = authorizerOf(image);
      const who = subject('alice');
      // Any name that an ACL is about, and one that goes on where a prefix ends.
      const candidates = left.flatMap(({ resourceName }) => [resourceName, `${resourceName}~`]);
      const exists = [...candidates, '~'].some((name) => authorizer.judge(who, write, topic, name));
      if (authorizer.judgeSome(who, write, topic)) assert.equal(exists, true);
      // The other way round Apache Kafka is stricter: what everybody is denied by a wildcard is denied on all.
      const isDeniedOnAll = left.some(
        (acl) =>
          acl.resourceType === topic &&
          acl.permissionType === Permission.deny &&
          acl.resourceName === '*' &&
          acl.patternType === PatternType.literal,
      );
      if (exists && !isDeniedOnAll) assert.equal(authorizer.judgeSome(who, write, topic), true);
    }),
    { numRuns: 500 },
  );
});
