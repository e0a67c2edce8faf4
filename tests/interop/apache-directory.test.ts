// A data directory that a single-node Apache Kafka 4.3.1 wrote and closed is opened by Klamm, and every record is read.
// Klamm writes to it, closes it, and Apache Kafka opens it again and reads all of that.
//
// The directory is apache-kafka-4.3.1.tar.gz; the table below is what Apache Kafka itself answers from it
// (KLAMM_TEST_BOOTSTRAP=apache-kafka runs this file so). Its commits grow old, so nothing may expire.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { getKcat, readPartition } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const settings = {
  'offsets.retention.minutes': '20000000',
  'transactional.id.expiration.ms': '2147483647',
  'log.retention.check.interval.ms': '1000000000',
};

interface Contents {
  /** The offset after the last record, control records included. */
  readonly end: number;
  /** Records, or keys where the topic is compacted: how many old values remain is the cleaner's business. */
  readonly count: number;
  readonly digest: string;
}

const COMMITTED: Readonly<Record<string, Contents>> = {
  'compacted-0': { end: 5307, count: 100, digest: '618d5278aefed9b7' },
  'compacted-1': { end: 4693, count: 89, digest: 'e2b5c39add779c71' },
  'ledger-0': { end: 156, count: 125, digest: 'ca2f3db09c3db8c3' },
  'ledger-1': { end: 156, count: 125, digest: '2bf02039393ebc0f' },
  'plain-0': { end: 3334, count: 3334, digest: '9d71516b39e5b175' },
  'plain-1': { end: 3333, count: 3333, digest: '7589e3a3a3501c70' },
  'plain-2': { end: 3333, count: 3333, digest: '6d1a2acba9109c87' },
  'short-0': { end: 5065, count: 4965, digest: '9813d5da5d4eeb1d' },
  'short-1': { end: 4935, count: 4935, digest: '7ff1a663a700c828' },
};

// What a reader of uncommitted records sees besides: the records of the transactions that were aborted.
const UNCOMMITTED: Readonly<Record<string, Contents>> = {
  'ledger-0': { end: 156, count: 150, digest: '98cc5ac7450b5630' },
  'ledger-1': { end: 156, count: 150, digest: '91c48143232dd617' },
};

const kcat = await usePeer(getKcat);
const java = await usePeer(getJava);

suite('a data directory of Apache Kafka', { skip: kcat.skip }, () => {
  let folder: string;
  let broker: Broker;
  before(async () => {
    kcat.get();
    folder = mkdtempSync(join(tmpdir(), 'klamm-apache-directory-'));
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder]);
    broker = await startKlamm({ dataDirectory: join(folder, 'data-dir'), settings });
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function contentsOf(
    bootstrap: string,
    names: string[],
    args: string[] = [],
  ): Promise<Record<string, Contents>> {
    const found: Record<string, Contents> = {};
    for (const name of names) {
      const [, topic = '', partition] = /^(.*)-(\d+)$/.exec(name) ?? [];
      const records = await readPartition(kcat.get(), bootstrap, topic, Number(partition), args);
      const byKey = new Map(records.map((record) => [record.key?.toString('latin1'), record]));
      const counted =
        topic === 'compacted' ? [...byKey.values()].filter((record) => record.value !== null) : records;
      const hash = createHash('sha256');
      for (const { offset, timestamp, key, value } of counted.sort((a, b) => a.offset - b.offset)) {
        hash
          .update(`${offset} ${timestamp} ${key?.length} ${value?.length} `)
          .update(key ?? '')
          .update(value ?? '');
      }
      const { stdout } = await kcat.get()(bootstrap, ['-Q', '-t', `${topic}:${partition}:-1`]);
      const end = Number(/offset (\d+)/.exec(stdout)?.[1]);
      found[name] = { end, count: counted.length, digest: hash.digest('hex').slice(0, 16) };
    }
    return found;
  }

  async function topicsOf(bootstrap: string): Promise<string[]> {
    const { stdout } = await kcat.get()(bootstrap, ['-L', '-J']);
    return JSON.parse(stdout)
      .topics.map(
        (found: { topic: string; partitions: unknown[] }) => `${found.topic} ${found.partitions.length}`,
      )
      .filter((name: string) => !name.startsWith('__'))
      .sort();
  }

  test('its topics are there, the deleted one is not', async () => {
    assert.deepEqual(await topicsOf(broker.bootstrap), ['compacted 2', 'ledger 2', 'plain 3', 'short 2']);
  });

  test('every record of every compression is read as Apache Kafka reads it', async () => {
    assert.deepEqual(await contentsOf(broker.bootstrap, Object.keys(COMMITTED)), COMMITTED);
  });

  test('records of aborted transactions are read only by a reader of uncommitted ones', async () => {
    const args = ['-X', 'isolation.level=read_uncommitted'];
    assert.deepEqual(await contentsOf(broker.bootstrap, Object.keys(UNCOMMITTED), args), UNCOMMITTED);
  });

  test('Apache Kafka opens the directory again with what was added to it, and so does Klamm after that', {
    skip: java.skip,
  }, async () => {
    const added = Array.from({ length: 500 }, (_, i) => `added ${i}`);
    const stdin = `${added.join('\n')}\n`;
    for (const topic of ['plain', 'added']) {
      await kcat.get()(broker.bootstrap, ['-P', '-t', topic, '-p', '0', '-z', 'lz4'], { stdin });
    }
    await broker.stop();
    const { 'plain-0': plain, ...unchanged } = COMMITTED;
    const options = { dataDirectory: join(folder, 'data-dir'), settings };
    for (const start of [() => startApacheKafka(java.get(), options), () => startKlamm(options)]) {
      await using next = await start();
      assert.deepEqual(await topicsOf(next.bootstrap), [
        'added 1',
        'compacted 2',
        'ledger 2',
        'plain 3',
        'short 2',
      ]);
      assert.deepEqual(await contentsOf(next.bootstrap, Object.keys(unchanged)), unchanged);
      const old = { plain: plain?.count ?? 0, added: 0 };
      for (const [topic, count] of Object.entries(old)) {
        const records = await readPartition(kcat.get(), next.bootstrap, topic, 0);
        const values = records.slice(count).map((record) => record.value?.toString());
        assert.equal(values.join('\n'), added.join('\n'));
      }
    }
  });
});
