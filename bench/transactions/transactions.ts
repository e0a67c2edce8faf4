// Transactions: clients that produce within them, and that read only what was committed, on Klamm and on Apache Kafka.
//
// What a client measures is its own; what it cost the broker is read beside it. The same franz-go on both brokers
// compares the brokers, and all clients on one broker compare the clients.

import { Kafka, type Producer } from 'klamm';
import type { Broker } from '../../tests/peers/broker.ts';
import { type ClientName, type ClientWork, runClient } from '../client/contestants.ts';
import { processUsage } from '../harness/process-usage.ts';
import type { CaseResult, Figures } from '../harness/rounds.ts';

export const TRANSACTION_CLIENTS = ['klamm', 'platformatic', 'franz-go'] as const;

/** Runs a client on a broker; its own figures, and what the broker spent. */
export async function clientOnBroker(
  client: ClientName,
  broker: Broker,
  work: Omit<ClientWork, 'bootstrap'>,
): Promise<Figures> {
  const pid = broker.pid ?? 0;
  const before = processUsage(pid)?.cpuSeconds ?? Number.NaN;
  const figures = await runClient(client, { ...work, bootstrap: broker.bootstrap });
  const after = processUsage(pid);
  return {
    ...figures,
    'broker CPU s per million': (((after?.cpuSeconds ?? Number.NaN) - before) * 1e6) / work.count,
    'broker peak MB': after?.peakMb ?? Number.NaN,
  };
}

const PRODUCERS = 4;
const RECORDS_PER_TRANSACTION = 100;
/** Of so many transactions one is aborted. */
const ABORTED_OF = 4;

/** Fills a topic with transactions of several producers at a time, so that committed and aborted ones interleave. */
export async function fillWithTransactions(
  bootstrap: string,
  topic: string,
  committed: number,
  bytes: number,
): Promise<void> {
  const kafka = new Kafka({ brokers: bootstrap });
  const record = { topic, value: Buffer.alloc(bytes, 'k') };
  const batch = Array.from({ length: RECORDS_PER_TRANSACTION }, () => record);
  let left = committed / RECORDS_PER_TRANSACTION;
  let begun = 0;
  const fill = async (producer: Producer): Promise<void> => {
    while (left > 0) {
      const isAborted = ++begun % ABORTED_OF === 0;
      if (!isAborted) left--;
      const transaction = await producer.begin();
      await transaction.sendBatch(batch);
      await (isAborted ? transaction.abort() : transaction.commit());
    }
  };
  await Promise.all(
    Array.from({ length: PRODUCERS }, async (_, i) => {
      await using producer = kafka.producer({ transactionalId: `${topic}-${i}` });
      await fill(producer);
    }),
  );
}

/** A case's figures of some contenders only, under shorter names. */
export function part(result: CaseResult, name: string, contenders: ReadonlyMap<string, string>): CaseResult {
  const values = [...contenders].flatMap(([long, short]) => {
    const series = result.values.get(long);
    return series === undefined ? [] : [[short, series] as const];
  });
  return { name, values: new Map(values) };
}
