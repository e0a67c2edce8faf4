// `klamm group` and `klamm consume -g` as a user types them, on Klamm and on a real Apache Kafka.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { type Outcome, type RunningProgram, runProgram, startProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Klamm', false, () => startKlamm()],
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get())],
];

interface LagRow {
  readonly partition: number;
  readonly offset: number | null;
  readonly lag: number | null;
  readonly member: string | null;
}

for (const [name, skip, start] of brokers) {
  suite(`klamm group on ${name}`, { skip }, () => {
    test('a group is read, watched, moved and deleted', async (t) => {
      await using broker = await start();
      const folder = mkdtempSync(join(tmpdir(), 'klamm-cli-groups-'));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const address = ['-b', broker.bootstrap];
      const klamm = (args: readonly string[], stdin = ''): Promise<Outcome> =>
        runProgram(process.execPath, [BIN, ...args, ...address], {
          stdin,
          mayFail: true,
          env: { NO_COLOR: '1' },
        });
      const member = (...args: string[]): RunningProgram =>
        startProgram(process.execPath, [BIN, 'consume', 'orders', '-g', 'billing', ...args, ...address]);
      const lag = async (group = 'billing'): Promise<LagRow[]> =>
        JSON.parse((await klamm(['group', 'lag', group, '-o', 'json'])).stdout);
      const lags = async (group?: string) => (await lag(group)).map((row) => [row.offset, row.lag]);

      await klamm(['topic', 'create', 'orders', '-p', '2']);
      for (const partition of ['0', '1']) await klamm(['produce', 'orders', '-P', partition], 'a\nb\nc\n');

      const first = member('-o', 'start');
      await first.line(/Reading partitions 0, 1/);
      await first.line(/^c$/);
      const second = member();
      await second.line(/Reading partitions \d/);
      await first.line(/Giving back partitions \d/);
      const listed = await klamm(['group', 'list', '-o', 'csv']);
      assert.match(listed.stdout, /^billing,consumer,/m);
      const described = JSON.parse((await klamm(['group', 'describe', 'billing', '-o', 'json'])).stdout);
      assert.deepEqual(described.flatMap(({ partitions }: { partitions: string[] }) => partitions).sort(), [
        'orders-0',
        'orders-1',
      ]);
      assert.ok((await lag()).every((row) => row.member !== null));

      const refused = await klamm(['group', 'reset', 'billing', '--to', 'start', '--yes']);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /in use by \S+ \(klamm-cli at 127\.0\.0\.1\)/);

      const planned = await klamm(['group', 'reset', 'billing', '--to', 'start']);
      assert.equal(planned.code, 0);
      assert.match(planned.stdout, /orders +1 +/);
      assert.match(
        planned.stderr,
        /in use.*stopped:\n( {2}\S+ \(klamm-cli at 127\.0\.0\.1\)\n){2}Nothing was/,
      );
      const kept = await klamm(['group', 'delete', 'billing', '--yes']);
      assert.equal(kept.code, 1);
      assert.match(
        kept.stderr,
        /not deleted: the group is in use by \S+ \(klamm-cli at 127\.0\.0\.1\), \S+ \(/,
      );

      for (const each of [first, second]) assert.equal((await each.stop('SIGINT')).code, 0);
      assert.deepEqual(
        await lags(),
        [
          [3, 0],
          [3, 0],
        ],
        'what was printed is committed at the end',
      );

      const plan = await klamm(['group', 'reset', 'billing', '--shift=-2']);
      assert.match(plan.stdout, /orders +0 +3 +1 +-2 +2\n/);
      assert.match(plan.stderr, /Nothing was changed/);
      assert.deepEqual(await lags(), [
        [3, 0],
        [3, 0],
      ]);
      await klamm(['group', 'reset', 'billing', '--shift=-2', '--yes']);
      assert.deepEqual(await lags(), [
        [1, 2],
        [1, 2],
      ]);
      await klamm(['group', 'reset', 'billing', '-t', 'orders:1', '--to', 'start', '--yes']);
      assert.deepEqual(await lags(), [
        [1, 2],
        [0, 3],
      ]);
      assert.equal(
        (await klamm(['consume', 'orders', '-g', 'billing', '-e', '-f', '%p%s '])).stdout
          .split(' ')
          .sort()
          .join(' '),
        ' 0b 0c 1a 1b 1c'.trimEnd(),
      );

      await klamm(['group', 'reset', 'green', '--like', 'billing', '--yes']);
      assert.deepEqual(await lags('green'), [
        [3, 0],
        [3, 0],
      ]);
      writeFileSync(join(folder, 'offsets.csv'), 'orders,0,1\n"orders",1,99\ngone,0,5\n');
      const file = ['--from-file', join(folder, 'offsets.csv')];
      const moved = await klamm(['group', 'reset', 'green', ...file, '--yes']);
      assert.match(moved.stderr, /Left out, as there is no such partition: gone-0\n/);
      assert.deepEqual(
        await lags('green'),
        [
          [1, 2],
          [3, 0],
        ],
        'never beyond the end',
      );

      await klamm(['group', 'reset', 'blue', '-t', 'orders', '-t', 'orders:0', '--to', '@-1h', '--yes']);
      assert.deepEqual(
        await lags('blue'),
        [
          [0, 3],
          [0, 3],
        ],
        'a group begins with its first offsets',
      );
      const back = await klamm(['group', 'lag', 'blue', '-o', 'ndjson']);
      writeFileSync(join(folder, 'kept.ndjson'), back.stdout);
      await klamm(['group', 'reset', 'blue', '--to', 'end', '--yes']);
      await klamm(['group', 'reset', 'blue', '--from-file', join(folder, 'kept.ndjson'), '--yes']);
      assert.deepEqual(
        await lags('blue'),
        [
          [0, 3],
          [0, 3],
        ],
        'what lag wrote, reset reads',
      );
      await klamm(['group', 'delete', 'blue', '--yes']);

      assert.equal((await klamm(['group', 'delete-offsets', 'green', '-t', 'orders:0', '--yes'])).code, 0);
      assert.deepEqual(await lags('green'), [[3, 0]]);
      const deleted = await klamm(['group', 'delete', 'billing', 'green', 'nobody', '--yes']);
      assert.equal(deleted.code, 1);
      assert.match(deleted.stderr, /Deleted the group billing\.\nDeleted the group green\.\n.*"nobody"/);
      assert.match((await klamm(['group', 'list'])).stderr, /There are no groups/);

      for (const topic of ['orders-a', 'orders-b']) {
        await klamm(['topic', 'create', topic]);
        await klamm(['produce', topic], 'x\ny\n');
      }
      const from = ['-o', 'start', '-e', '-f', '%t%s '];
      for (const [id, topics] of [
        ['named', ['orders-a', 'orders-b']],
        ['pattern', ['^orders-.*']],
      ] as const) {
        const read = await klamm(['consume', ...topics, '-g', id, ...from]);
        assert.equal(
          read.stdout.trim().split(' ').sort().join(' '),
          'orders-ax orders-ay orders-bx orders-by',
        );
        assert.match(read.stderr, /Reading partitions orders-[ab]-0, orders-[ab]-0\./);
        assert.deepEqual(await lags(id), [
          [2, 0],
          [2, 0],
        ]);
      }
      const alone = await klamm(['consume', 'orders-a', 'orders-b']);
      assert.equal(alone.code, 2);
      assert.match(alone.stderr, /are read by a group: -g GROUP/);
    });
  });
}
