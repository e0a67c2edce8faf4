// `klamm acl` and `klamm user` as a person types them, on a real Apache Kafka and on Klamm.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { type Outcome, runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);
const settings = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
};
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings })],
  ['Klamm', false, () => startKlamm({ settings })],
];

for (const [name, skip, start] of brokers) {
  suite(`klamm acl and klamm user on ${name}`, { skip, timeout: 180_000 }, () => {
    let broker: Broker;
    let folder: string;
    before(async () => {
      broker = await start();
      folder = mkdtempSync(join(tmpdir(), 'klamm-cli-security-'));
    });
    after(async () => {
      rmSync(folder, { recursive: true, force: true });
      await broker?.[Symbol.asyncDispose]();
    });

    const klamm = (args: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<Outcome> =>
      runProgram(process.execPath, [BIN, ...args, '-b', broker.bootstrap], {
        stdin,
        mayFail: true,
        env: { NO_COLOR: '1', ...env },
      });
    async function json(...args: string[]) {
      const { code, stdout, stderr } = await klamm([...args, '-o', 'json']);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    }

    test('a producer and a consumer get what they need, it is listed, and it goes again', async () => {
      const plan = ['--allow-user', 'alice', '--producer', '--consumer', '-t', 'orders', '-g', 'billing'];
      const dry = await klamm(['acl', 'add', ...plan, '--dry-run']);
      assert.match(dry.stderr, /Would be added: 5 ACLs/);
      assert.deepEqual(await json('acl', 'list'), []);
      const added: Record<string, string>[] = await json('acl', 'add', ...plan);
      assert.deepEqual(await json('acl', 'list'), added);
      assert.deepEqual(
        added.map(({ resourceType, resourceName, operation }) => [resourceType, resourceName, operation]),
        [
          ['group', 'billing', 'read'],
          ['topic', 'orders', 'create'],
          ['topic', 'orders', 'describe'],
          ['topic', 'orders', 'read'],
          ['topic', 'orders', 'write'],
        ],
      );
      assert.ok(
        added.every(({ principal, permission }) => principal === 'User:alice' && permission === 'allow'),
      );
      const unsure = await klamm(['acl', 'remove', ...plan]);
      assert.equal(unsure.code, 2, 'nobody was there to say yes');
      assert.match(unsure.stderr, /Remove 5 ACLs\? Say so with --yes/);
      const removed = await klamm(['acl', 'remove', ...plan, '--yes']);
      assert.equal(removed.code, 0, removed.stderr);
      assert.deepEqual(await json('acl', 'list'), []);
    });

    test('prefixes, hosts and refusals are found by what they apply to', async () => {
      await json(
        ...'acl add --deny-user bob --operation describe-configs -t ord --prefixed --host 10.0.0.9'.split(
          ' ',
        ),
      );
      const [acl, ...others] = await json(...'acl list -t orders --match'.split(' '));
      assert.deepEqual(others, []);
      assert.deepEqual(acl, {
        resourceType: 'topic',
        resourceName: 'ord',
        patternType: 'prefixed',
        permission: 'deny',
        principal: 'User:bob',
        host: '10.0.0.9',
        operation: 'describeConfigs',
      });
      assert.deepEqual(await json('acl', 'list', '-t', 'orders'), []);
      assert.equal((await klamm(['acl', 'remove', '--yes'])).code, 2, 'all of them only by --all');
      assert.equal((await klamm(['acl', 'remove', '--all', '--yes'])).code, 0);
      const none = await klamm(['acl', 'remove', '--all', '--yes']);
      assert.equal(none.code, 1);
      assert.match(none.stderr, /no such ACLs/);
    });

    test('a user is added, gets another password, and goes; passwords are printed nowhere', async () => {
      const file = join(folder, 'password');
      writeFileSync(file, 'hunter2\n');
      const added = await klamm(['user', 'add', 'alice', '--password-file', file]);
      assert.equal(added.code, 0, added.stderr);
      const outcomes = [added];
      assert.deepEqual(await json('user', 'list'), [
        { user: 'alice', mechanism: 'SCRAM-SHA-512', iterations: 4096 },
      ]);
      const again = await klamm(['user', 'add', 'alice', '--password-file', file]);
      assert.match(again.stderr, /is there already: klamm user set-password alice/);
      const changed = [
        'user',
        'set-password',
        'alice',
        '--password-env',
        'P',
        '--mechanism',
        'SCRAM-SHA-256',
      ];
      outcomes.push(
        again,
        await klamm([...changed, '--iterations', '8192'], { P: 'hunter2' }),
        await klamm(['user', 'set-password', 'alice', '--password-file', '-'], {}, 'hunter2\n'),
      );
      assert.deepEqual(await json('user', 'list', 'alice'), [
        { user: 'alice', mechanism: 'SCRAM-SHA-256', iterations: 4096 },
        { user: 'alice', mechanism: 'SCRAM-SHA-512', iterations: 4096 },
      ]);
      outcomes.push(await klamm(['user', 'remove', 'nobody', 'alice', '--yes']));
      assert.equal(outcomes.at(-1)?.code, 1);
      assert.match(
        outcomes.at(-1)?.stderr ?? '',
        /The user "nobody" cannot be described: there is no such user/,
      );
      assert.deepEqual(await json('user', 'list'), [], 'the other was removed all the same');
      for (const { stdout, stderr } of outcomes) assert.doesNotMatch(stdout + stderr, /hunter2/);
    });

    test('a password that is nowhere to be had is asked for by name of its flags', async () => {
      const { code, stderr } = await klamm(['user', 'add', 'eve']);
      assert.equal(code, 2);
      assert.match(stderr, /Password of eve: say where it is by --password-file or --password-env/);
    });
  });
}
