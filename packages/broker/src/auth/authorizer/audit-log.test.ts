import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { AclResource, Operation } from '../../metadata/acl.ts';
import { AuditLog } from './audit-log.ts';
import { canonicalHost, hostOf } from './subject.ts';

function auditLog() {
  const lines: string[] = [];
  const clock = { time: 0 };
  const log = new AuditLog({ ...silentLogger, info: (line) => lines.push(line) }, {
    monotonic: () => clock.time,
  } as Clock);
  const deny = (name: string, resource = 'orders'): void => {
    const principal = { type: 'User', name, isTokenAuthenticated: false };
    log.denied(
      { principal, principalText: `User:${name}`, host: '10.0.0.1' },
      Operation.write,
      AclResource.topic,
      resource,
      'Produce',
    );
  };
  return { lines, clock, deny };
}

test('a refusal is one line, whatever characters the names have', () => {
  const { lines, deny } = auditLog();
  deny('mallory\nINFO Principal "User:root" is allowed', 'a\r\u2028b\u001b[2J\u202e"');
  assert.equal(lines.length, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
  assert.doesNotMatch(lines[0] ?? '', /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
  assert.match(lines[0] ?? '', /\\nINFO Principal \\"User:root\\" is allowed" is denied WRITE/);
});

test('a name of many thousand characters is cut', () => {
  const { lines, deny } = auditLog();
  deny('x'.repeat(30_000));
  assert.ok((lines[0] ?? '').length < 600);
});

test('whoever is refused all the time does not fill the log: what is left out is counted', () => {
  const { lines, clock, deny } = auditLog();
  for (let i = 0; i < 1000; i++) deny('mallory');
  assert.equal(lines.length, 100);
  clock.time = 10_000;
  deny('mallory');
  assert.deepEqual(lines[100], '900 further operations were denied; too many for a line each.');
  assert.equal(lines.length, 102);
});

test('an address is told from its port, and in one spelling', () => {
  assert.equal(hostOf('10.0.0.1:4000'), '10.0.0.1');
  assert.equal(hostOf('::ffff:10.0.0.1:4000'), '10.0.0.1');
  assert.equal(hostOf('::1:4000'), '::1');
  assert.equal(canonicalHost('10.0.0.1'), '10.0.0.1');
  assert.equal(canonicalHost('::1'), '0:0:0:0:0:0:0:1');
  assert.equal(canonicalHost('2001:0DB8::00a0:0'), '2001:db8:0:0:0:0:a0:0');
  assert.equal(canonicalHost('fe80::1%eth0'), 'fe80:0:0:0:0:0:0:1');
  assert.equal(canonicalHost('::'), '0:0:0:0:0:0:0:0');
});
