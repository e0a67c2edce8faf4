// Moves money between accounts by Klamm's client, a process of its own: each transaction writes debits and credits to
// several partitions of the ledger; some are aborted on purpose. See books.ts for the lines that it writes down, at once.
//
//   node mover.ts BOOTSTRAP TRANSACTIONAL_ID INCARNATION FILE

import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@klamm/base/random';
import { type Bytes, Kafka, KlammError, type Transaction } from 'klamm';
import { noteIn } from './note.ts';
import { ACCOUNTS, type Entry, LATEST, LEDGER, PARTITIONS, TRANSACTION_TIMEOUT_MS } from './plan.ts';

const [bootstrap = '', transactionalId = '', incarnation = '1', file = ''] = process.argv.slice(2);
const random = seededRandom(Number(incarnation));
const below = (limit: number): number => Math.floor(random() * limit);
const note = noteIn(file);
const CHANGE_OF_MIND = new Error('aborted on purpose');

const kafka = new Kafka({ brokers: bootstrap, clientId: transactionalId });
const producer = kafka.producer({ transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS });
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());

function entriesOf(txn: string): Entry[] {
  const of = 2 * (1 + below(3));
  return Array.from({ length: of / 2 }, (_, pair) => {
    const from = below(ACCOUNTS);
    const to = (from + 1 + below(PARTITIONS - 1)) % ACCOUNTS;
    const amount = 1 + below(1000);
    return [
      { txn, i: 2 * pair, of, account: from, amount: -amount },
      { txn, i: 2 * pair + 1, of, account: to, amount },
    ];
  }).flat();
}

async function write(txn: Transaction<Bytes, Bytes>, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const message = {
      key: String(entry.account),
      value: JSON.stringify({ ...entry, pad: 'x'.repeat(below(300)) }),
      partition: entry.account % PARTITIONS,
    };
    if (random() < 0.5) await txn.send({ ...message, topic: LEDGER });
    else txn.enqueue({ ...message, topic: LEDGER });
    txn.enqueue({ ...message, topic: LATEST });
    if (random() < 0.1) await wait(below(100));
  }
}

async function step(txn: Transaction<Bytes, Bytes>, name: string): Promise<void> {
  note('B', name);
  await write(txn, entriesOf(name));
}

/** A transaction that ends by itself. */
async function within(name: string, isAborted: boolean): Promise<void> {
  try {
    await producer.transaction(async (txn) => {
      await step(txn, name);
      if (isAborted) throw CHANGE_OF_MIND;
    });
    note('C', name);
  } catch (cause) {
    if (cause !== CHANGE_OF_MIND) throw cause;
    note('A', name);
  }
}

/** A transaction whose end the program decides. */
async function stepwise(name: string, isAborted: boolean): Promise<void> {
  const txn = await producer.begin();
  try {
    await step(txn, name);
    if (!isAborted) {
      await txn.commit();
      note('C', name);
      return;
    }
  } catch (cause) {
    if (!txn.isOpen) throw cause;
    note('E', `${name} ${String(cause)}`);
  }
  await txn.abort();
  note('A', name);
}

/** After these a program has to make a new producer, as a new incarnation does. */
function isEnd(cause: unknown): boolean {
  return (
    cause instanceof KlammError && ['PRODUCER_FENCED', 'TRANSACTION_OUTCOME_UNKNOWN'].includes(cause.code)
  );
}

let count = 0;
try {
  note('N', transactionalId);
  await (await producer.begin()).abort();
  note('I', transactionalId);
  while (!stopping.signal.aborted) {
    const isAborted = random() < 0.2;
    const name = `${transactionalId}.${incarnation}:${++count}${isAborted ? '!' : ''}`;
    try {
      await (random() < 0.5 ? within : stepwise)(name, isAborted);
    } catch (cause) {
      if (isEnd(cause)) throw cause;
      note('E', `${name} ${String(cause)}`);
    }
    await wait(below(60));
  }
  await producer.close();
  note('X', 'closed');
} catch (cause) {
  const code = cause instanceof KlammError ? cause.code : '';
  note('X', isEnd(cause) ? code : `failed: ${cause instanceof Error ? cause.stack : String(cause)}`);
}
process.exit();
