// What Apache Kafka 4.3.1 itself stored in `__consumer_offsets`, `__transaction_state`, `__cluster_metadata` and its
// producer snapshots (tests/interop/apache-kafka-4.3.1.tar.gz), read and written again by the schemas of
// packages/protocol/src/stored. Prefixes and frames must come out byte for byte as well as the messages.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { forEachBatch, isControl } from '@klamm/protocol/records/batch';
import { controlRecordsOf } from '@klamm/protocol/records/control';
import { recordsOf } from '@klamm/protocol/records/record';
import { codecOf, decodeMessage, encodeMessage } from '@klamm/protocol/schema/compile';
import type { Message } from '@klamm/protocol/schema/message';
import { KRaftVersionRecord, LeaderChangeMessage, VotersRecord } from '@klamm/protocol/stored/control';
import { groupRecords } from '@klamm/protocol/stored/group';
import { decodeRecord, encodeRecordKey, encodeRecordValue } from '@klamm/protocol/stored/keyed-record';
import { metadataRecords } from '@klamm/protocol/stored/metadata';
import { decodeMetadata, encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { ProducerSnapshot } from '@klamm/protocol/stored/producer-snapshot';
import type { QuorumState } from '@klamm/protocol/stored/quorum-state';
import { transactionRecords } from '@klamm/protocol/stored/transaction';
import { crc32c } from '@klamm/protocol/wire/crc32c';
import { Reader } from '@klamm/protocol/wire/reader';

const ARCHIVE = fileURLToPath(new URL('../interop/apache-kafka-4.3.1.tar.gz', import.meta.url));

/** A table of records without the types of its messages, to write again whatever was read. */
type AnyTable = { readonly [type: number]: { readonly key: Message; readonly value: Message } };

suite('what Apache Kafka stored', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'klamm-stored-'));
    execFileSync('tar', ['xzf', ARCHIVE, '-C', folder]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The logs of every partition whose name begins so. */
  function logsOf(topic: string): Buffer[] {
    const root = join(folder, 'data-dir');
    return readdirSync(root)
      .filter((name) => name.startsWith(`${topic}-`))
      .map((name) => readFileSync(join(root, name, '00000000000000000000.log')));
  }

  function forEachDataBatch(log: Buffer, use: (at: number) => void): void {
    forEachBatch(log, 0, log.length, (at) => {
      if (!isControl(log, at)) use(at);
      return true;
    });
  }

  /** Reads and writes again every record of a topic, and returns how many there are of each type. */
  function roundTrip(topic: string, table: AnyTable): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const log of logsOf(topic)) {
      forEachDataBatch(log, (at) => {
        for (const { key, value } of recordsOf(log, at)) {
          assert(key !== null);
          const record = decodeRecord(table, key, value);
          const entry = record === undefined ? undefined : table[record.type];
          assert(record !== undefined && entry !== undefined, key.toString('hex'));
          assert.deepEqual(encodeRecordKey(record.type, entry.key, record.key), key);
          if (value !== null) {
            assert(record.value !== null);
            assert.deepEqual(encodeRecordValue(entry.value, record.value, value.readInt16BE(0)), value);
          }
          counts[entry.key.name] = (counts[entry.key.name] ?? 0) + 1;
        }
      });
    }
    return counts;
  }

  test('of groups: offsets, classic and consumer groups', () => {
    const counts = roundTrip('__consumer_offsets', groupRecords);
    for (const name of ['OffsetCommitKey', 'GroupMetadataKey', 'ConsumerGroupCurrentMemberAssignmentKey']) {
      assert((counts[name] ?? 0) > 0, `${name} of ${JSON.stringify(counts)}`);
    }
  });

  test('of transactions', () => {
    const counts = roundTrip('__transaction_state', transactionRecords);
    assert((counts.TransactionLogKey ?? 0) > 0);
  });

  test('of the cluster: topics, settings, ACLs, SCRAM users, quotas, features', () => {
    const types = new Set<string>();
    const table: Readonly<Record<number, Message>> = metadataRecords;
    for (const log of logsOf('__cluster_metadata')) {
      forEachDataBatch(log, (at) => {
        for (const { value } of recordsOf(log, at)) {
          assert(value !== null);
          const { type, data }: { readonly type: number; readonly data: object } = decodeMetadata(value);
          const message = table[type];
          assert(message !== undefined);
          assert.deepEqual(encodeMetadata(message, data, value[2]), value, message.name);
          types.add(message.name);
        }
      });
    }
    for (const message of [
      metadataRecords[2],
      metadataRecords[4],
      metadataRecords[9],
      metadataRecords[11],
      metadataRecords[12],
      metadataRecords[14],
      metadataRecords[18],
    ]) {
      assert(types.has(message.name), message.name);
    }
  });

  test('of the quorum: changes of leader, its protocol version, its state file', () => {
    const schemas: Readonly<Record<number, Message>> = {
      2: LeaderChangeMessage,
      5: KRaftVersionRecord,
      6: VotersRecord,
    };
    const [log] = logsOf('__cluster_metadata');
    assert(log !== undefined);
    let changes = 0;
    forEachBatch(log, 0, log.length, (at) => {
      if (!isControl(log, at)) return true;
      for (const { type, value } of controlRecordsOf(log, at)) {
        const message = schemas[type];
        assert(message !== undefined && value !== null, `control record type ${type}`);
        // Their version is their first field; LeaderChange has the same bytes for both up to the voters.
        const version = Math.min(value.readInt16BE(0), message.versions[1]);
        assert.deepEqual(encodeMessage(message, version, decodeMessage(message, version, value)), value);
        if (message === LeaderChangeMessage) changes++;
      }
      return true;
    });
    assert(changes > 0);
    const file = join(folder, 'data-dir', '__cluster_metadata-0', 'quorum-state');
    const state: QuorumState = JSON.parse(readFileSync(file, 'utf8'));
    assert(state.leaderEpoch > 0);
    assert.equal(state.data_version, 0);
  });

  test('of producers: snapshots with their checksum', () => {
    const root = join(folder, 'data-dir');
    const snapshots = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.snapshot'),
    );
    let producers = 0;
    for (const name of snapshots) {
      const bytes = readFileSync(join(root, name));
      assert.equal(bytes.readInt16BE(0), 1);
      const reader = new Reader(bytes, 2);
      const snapshot = codecOf(ProducerSnapshot, 1).decode(reader);
      assert.equal(reader.remaining, 0);
      assert.equal(snapshot.crc, crc32c(bytes, 6));
      assert.deepEqual(encodeMessage(ProducerSnapshot, 1, snapshot), bytes.subarray(2));
      producers += snapshot.producerEntries.length;
    }
    assert(producers > 0);
  });
});
