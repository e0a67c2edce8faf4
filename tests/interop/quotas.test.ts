// Quotas by our client's admin, our command line and Java's ConfigCommand, on a real Apache Kafka and on Klamm: the same
// is told and refused. And that a client which is sent away stays away.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '@klamm/base/clock';
import { RawClient } from '@klamm/broker/testing/raw-client';
import type { Admin } from '@klamm/client/admin/admin';
import { DescribeClientQuotas } from '@klamm/protocol/api/48-describe-client-quotas';
import { AlterClientQuotas } from '@klamm/protocol/api/49-alter-client-quotas';
import { errorName } from '@klamm/protocol/error-codes';
import { Kafka } from 'klamm';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';
import { useTarget } from './target.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get())],
  ['Klamm', false, () => startKlamm()],
];

const user = (name: string | null) => ({ entityType: 'user', entityName: name });
const client = (name: string | null) => ({ entityType: 'client-id', entityName: name });
const ip = (name: string | null) => ({ entityType: 'ip', entityName: name });
const set = (key: string, value: number) => ({ key, value, remove: false });
const removed = (key: string) => ({ key, value: 0, remove: true });

/** Alterations, and what is to be told of each. */
const ALTERATIONS = [
  [[user('a')], [set('producer_byte_rate', 1000)], 'NONE'],
  [[user('a'), client('c')], [set('consumer_byte_rate', 1), set('request_percentage', 0.5)], 'NONE'],
  [[client('c'), user('b')], [set('controller_mutation_rate', 1.5)], 'NONE'],
  [[user(null)], [set('producer_byte_rate', 1)], 'NONE'],
  [[ip('127.0.0.9')], [set('connection_creation_rate', 5)], 'NONE'],
  [[ip(null)], [set('connection_creation_rate', 7)], 'NONE'],
  [[], [set('producer_byte_rate', 1)], 'INVALID_REQUEST'],
  [[{ entityType: 'group', entityName: 'g' }], [set('producer_byte_rate', 1)], 'INVALID_REQUEST'],
  [[user('x'), ip('127.0.0.1')], [set('producer_byte_rate', 1)], 'INVALID_REQUEST'],
  [[user('x')], [set('connection_creation_rate', 1)], 'INVALID_REQUEST'],
  [[ip('127.0.0.1')], [set('producer_byte_rate', 1)], 'INVALID_REQUEST'],
  [[user('x')], [set('bytes', 1)], 'INVALID_REQUEST'],
  [[user('x')], [set('producer_byte_rate', 0)], 'INVALID_REQUEST'],
  [[user('x')], [set('producer_byte_rate', -1)], 'INVALID_REQUEST'],
  [[user('x')], [set('producer_byte_rate', 1.5)], 'INVALID_REQUEST'],
  [[ip('127.0.0.1')], [set('connection_creation_rate', 2 ** 31)], 'INVALID_REQUEST'],
  [[user('x')], [set('request_percentage', 1), set('request_percentage', 2)], 'INVALID_REQUEST'],
  [[user('nobody')], [removed('producer_byte_rate')], 'NONE'],
  [[user('a')], [removed('producer_byte_rate'), set('request_percentage', 20)], 'NONE'],
] as const;

/** Brokers of Apache Kafka learn of a change a moment after it was made. */
async function untilTold<T>(ask: () => Promise<T>, isTold: (told: T) => boolean): Promise<T> {
  for (const deadline = performance.now() + 20_000; ; ) {
    const told = await ask();
    if (isTold(told) || performance.now() > deadline) return told;
    await sleep(systemClock, 20);
  }
}

const exact = (entityType: string, match: string | null) => ({ entityType, matchType: 0, match });
const byDefault = (entityType: string, match: string | null = null) => ({ entityType, matchType: 1, match });
const any = (entityType: string) => ({ entityType, matchType: 2, match: null });
const FILTERS = [
  [[], false],
  [[], true],
  [[exact('user', 'a')], false],
  [[exact('user', 'a')], true],
  [[byDefault('user')], false],
  [[any('user')], true],
  [[any('user'), exact('client-id', 'c')], false],
  [[any('ip')], false],
  [[exact('user', null)], false],
  [[byDefault('user', 'a')], false],
  [[any('user'), any('user')], false],
  [[any('user'), any('ip')], false],
  [[any('group')], false],
  [[any('')], false],
  [[{ entityType: 'user', matchType: 3, match: null }], false],
] as const;

for (const [name, skip, start] of brokers) {
  suite(`quotas of ${name}`, { skip, timeout: 120_000 }, () => {
    const target = useTarget(start);
    async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
      await using admin = target.kafka.admin();
      return await use(admin);
    }
    const klamm = async (...args: string[]): Promise<string> => {
      const all = [BIN, 'quota', ...args, '-b', target.bootstrap];
      return (await runProgram(process.execPath, all, { env: { NO_COLOR: '1' } })).stdout;
    };

    test('requests are answered alike, rightly and wrongly', async () => {
      const [host = '', port] = target.bootstrap.split(':');
      const raw = await RawClient.open(host, Number(port));
      for (const [entity, ops, expected] of ALTERATIONS) {
        const entries = [{ entity: [...entity], ops: [...ops] }];
        const answer = await raw.request(AlterClientQuotas, 1, { entries, validateOnly: false });
        const told = errorName(answer.entries[0]?.errorCode ?? -1);
        assert.equal(told, expected, JSON.stringify([entity, ops]));
      }
      const checked = [{ entity: [user('checked')], ops: [set('producer_byte_rate', 5)] }];
      await raw.request(AlterClientQuotas, 1, { entries: checked, validateOnly: true });
      // The last of the alterations.
      await withAdmin((admin) =>
        untilTold(
          () => admin.describeQuotas({ user: 'a', strict: true }),
          ([first]) => first?.quotas.request_percentage === 20,
        ),
      );
      const told = [];
      for (const [components, strict] of FILTERS) {
        const answer = await raw.request(DescribeClientQuotas, 1, { components: [...components], strict });
        const entries = (answer.entries ?? []).map(({ entity, values }) => {
          const parts = entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`).sort();
          return `${parts}: ${values.map(({ key, value }) => `${key}=${value}`).sort()}`;
        });
        told.push([errorName(answer.errorCode), ...entries.sort()]);
      }
      // What holds for all would hold for the tests that come.
      const everybody = [{ entity: [user(null)], ops: [removed('producer_byte_rate')] }];
      await raw.request(AlterClientQuotas, 1, { entries: everybody, validateOnly: false });
      raw.close();
      assert.deepEqual(told, [
        [
          'NONE',
          'client-id=c,user=a: consumer_byte_rate=1,request_percentage=0.5',
          'client-id=c,user=b: controller_mutation_rate=1.5',
          'ip=127.0.0.9: connection_creation_rate=5',
          'ip=null: connection_creation_rate=7',
          'user=a: request_percentage=20',
          'user=null: producer_byte_rate=1',
        ],
        ['NONE'],
        [
          'NONE',
          'client-id=c,user=a: consumer_byte_rate=1,request_percentage=0.5',
          'user=a: request_percentage=20',
        ],
        ['NONE', 'user=a: request_percentage=20'],
        ['NONE', 'user=null: producer_byte_rate=1'],
        ['NONE', 'user=a: request_percentage=20', 'user=null: producer_byte_rate=1'],
        [
          'NONE',
          'client-id=c,user=a: consumer_byte_rate=1,request_percentage=0.5',
          'client-id=c,user=b: controller_mutation_rate=1.5',
        ],
        ['NONE', 'ip=127.0.0.9: connection_creation_rate=5', 'ip=null: connection_creation_rate=7'],
        ['INVALID_REQUEST'],
        ['INVALID_REQUEST'],
        ['INVALID_REQUEST'],
        ['INVALID_REQUEST'],
        ['UNSUPPORTED_VERSION'],
        ['INVALID_REQUEST'],
        ['INVALID_REQUEST'],
      ]);
    });

    test('the admin sets, tells and removes them', async () => {
      await withAdmin(async (admin) => {
        const entity = { user: 'dora', clientId: null };
        await admin.alterQuotas([{ entity, quotas: { producer_byte_rate: 500, request_percentage: 25 } }]);
        const seen = (count: number) =>
          untilTold(
            () => admin.describeQuotas(entity),
            ([first]) => Object.keys(first?.quotas ?? {}).length === count,
          );
        assert.deepEqual(await seen(2), [
          { entity, quotas: { producer_byte_rate: 500, request_percentage: 25 } },
        ]);
        await admin.alterQuotas([{ entity, quotas: { producer_byte_rate: null } }]);
        assert.deepEqual(await seen(1), [{ entity, quotas: { request_percentage: 25 } }]);
        await assert.rejects(
          admin.alterQuotas([{ entity: { ip: '127.0.0.1' }, quotas: { producer_byte_rate: 1 } }]),
          {
            code: 'INVALID_REQUEST',
            message: /Quotas of ip 127\.0\.0\.1 were not altered/,
          },
        );
      });
    });

    test('the command line sets, lists and removes them', async () => {
      await klamm('set', '--user', 'emil', '--produce', '2KiB/s', '--changes', '3');
      const list = async (): Promise<Record<string, unknown>[]> =>
        JSON.parse(await klamm('list', '--user', 'emil', '-o', 'json'));
      const listed = await untilTold(list, ({ length }) => length === 2);
      assert.deepEqual(listed.map(({ user: of, quota, value }) => [of, quota, value]).sort(), [
        ['emil', 'controller_mutation_rate', 3],
        ['emil', 'producer_byte_rate', 2048],
      ]);
      await klamm('remove', '--user', 'emil', '--quota', 'producer_byte_rate', '--yes');
      assert.equal((await untilTold(list, ({ length }) => length === 1)).length, 1);
    });

    test("Java's ConfigCommand sets and tells them", { skip: java.skip }, async () => {
      const at = ['--bootstrap-server', target.bootstrap, '--entity-type', 'users', '--entity-name', 'java'];
      const run = async (...args: string[]) =>
        (await java.get().run('kafka.admin.ConfigCommand', [...at, ...args])).stdout;
      await run('--alter', '--add-config', 'consumer_byte_rate=1024');
      assert.match(
        await untilTold(
          () => run('--describe'),
          (text) => text.includes('1024'),
        ),
        /consumer_byte_rate=1024/,
      );
    });

    test('a producer that goes over its quota is slowed down, and loses nothing', async () => {
      const clientId = 'slow';
      await withAdmin(async (admin) => {
        await admin.createTopic({ name: 'slowed', partitions: 1 });
        await admin.alterQuotas([{ entity: { clientId }, quotas: { producer_byte_rate: 40_000 } }]);
      });
      await using producer = new Kafka({ brokers: target.bootstrap, clientId }).producer({
        lingerMs: 0,
      });
      const send = async () => (await producer.send({ topic: 'slowed', value: 'x'.repeat(50_000) })).offset;
      // What ten seconds may hold, and a little more: whoever sent that has to wait with the next.
      const offsets = [];
      for (let i = 0; i < 9; i++) offsets.push(await send());
      assert.deepEqual(offsets, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      const next = send();
      await withAdmin(async (admin) => {
        const ends = await admin.listOffsets('slowed', 'latest');
        assert.equal(ends.get(0), 9, 'it is not sent at once');
      });
      assert.equal(await next, 9);
    });
  });
}
