// Quotas are of a user or a client id: neither many connections nor new ones get more out of them.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startBroker } from '@klamm/broker/broker';
import { batchOf } from '@klamm/broker/testing/batches';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { AlterClientQuotas } from '@klamm/protocol/api/49-alter-client-quotas';

const LIMIT = 1000;
/** Windows of a second over which is measured, less the one that is going on. */
const WINDOWS = 10;
const CONNECTIONS = 20;

async function limited(
  key: string,
): Promise<{ broker: Awaited<ReturnType<typeof startBroker>>; open: () => Promise<RawClient> }> {
  const broker = await startBroker({ port: 0 });
  await broker.createTopic('t', 1);
  const open = (): Promise<RawClient> => RawClient.open('127.0.0.1', broker.port);
  const first = await open();
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf(10, { bytes: 50 }) }] }];
  for (let i = 0; i < 200; i++) await first.request(Produce, 9, { acks: -1, timeoutMs: 1000, topicData });
  const entity = [{ entityType: 'user', entityName: 'ANONYMOUS' }];
  const ops = [{ key, value: LIMIT, remove: false }];
  const altered = await first.request(AlterClientQuotas, 1, {
    entries: [{ entity, ops }],
    validateOnly: false,
  });
  assert.equal(altered.entries[0]?.errorCode, 0);
  first.close();
  return { broker, open };
}

suite('quotas cannot be evaded by many connections', { timeout: 60_000 }, () => {
  test('who has read too much is given nothing by any connection, old or new', async () => {
    const { broker, open } = await limited('consumer_byte_rate');
    const begin = performance.now();
    let total = 0;
    let empty = 0;
    for (let i = 0; i < CONNECTIONS; i++) {
      const client = await open();
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
      const { responses, throttleTimeMs } = await client.request(Fetch, 11, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1 << 20,
        topics: [{ topic: 't', partitions }],
      });
      const bytes = responses.flatMap((each) => each.partitions.map(({ records }) => records?.length ?? 0));
      const sum = bytes.reduce((a, b) => a + b, 0);
      total += sum;
      if (sum === 0) {
        empty++;
        assert.ok(throttleTimeMs > 0, 'it is told when to come back');
      }
      client.close();
    }
    const seconds = (performance.now() - begin) / 1000;
    // What all windows allow, once more because the answer that goes over is given too, and what time has brought.
    assert.ok(total <= LIMIT * (2 * WINDOWS + seconds), `${total} bytes in ${seconds} s`);
    assert.ok(empty > 0);
    await broker.close();
  });

  test('what is sent by many connections is counted together, and each of them is sent away', async () => {
    const { broker, open } = await limited('producer_byte_rate');
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, open));
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf(10, { bytes: 500 }) }] }];
    const answers = [];
    for (const client of clients)
      answers.push(await client.request(Produce, 9, { acks: -1, timeoutMs: 1000, topicData }));
    const throttles = answers.map(({ throttleTimeMs }) => throttleTimeMs);
    assert.ok(throttles.at(-1) ?? 0 > 60_000, 'a hundred thousand bytes take more than a minute and a half');
    assert.ok(
      throttles.slice(3).every((ms) => ms > 0),
      throttles.join(),
    );
    assert.deepEqual(
      [...throttles].sort((a, b) => a - b),
      throttles,
      'each adds to what the next has to wait',
    );
    // A connection that was sent away is not read from: the answer that would come does not.
    const [silent] = clients.slice(-1);
    let isAnswered = false;
    silent?.request(Produce, 9, { acks: -1, timeoutMs: 1000, topicData }).then(
      () => {
        isAnswered = true;
      },
      () => {},
    );
    const other = await RawClient.open('127.0.0.1', broker.port);
    await other.request(Fetch, 11, { maxWaitMs: 0, minBytes: 0, maxBytes: 1, topics: [] });
    assert.equal(isAnswered, false);
    for (const client of [...clients, other]) client.close();
    await broker.close();
  });
});
