// Copies the ledger, record for record and partition for partition, by Klamm's client: reads in a group, and commits what
// it wrote together with the offsets that it read up to. Some transactions are aborted on purpose, and done again.
//
//   node copier.ts BOOTSTRAP TRANSACTIONAL_ID INCARNATION FILE PROTOCOL

import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@klamm/base/random';
import { type Claim, type GroupMessage, Kafka, KlammError, type Session } from 'klamm';
import { noteIn } from './note.ts';
import { COPY, GROUP, LEDGER, SESSION_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS } from './plan.ts';

const [bootstrap = '', transactionalId = '', incarnation = '1', file = '', protocol = 'classic'] =
  process.argv.slice(2);
const random = seededRandom(Number(incarnation));
const note = noteIn(file);
const AT_ONCE = 50;
const GATHER_MS = 20;

const kafka = new Kafka({ brokers: bootstrap, clientId: transactionalId });
const producer = kafka.producer({ transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS });
const group = kafka.group({
  groupId: GROUP,
  topics: LEDGER,
  readCommitted: true,
  autoCommit: false,
  autoOffsetReset: 'earliest',
  ...(protocol === 'consumer' ? { protocol } : { protocol: 'classic', assignors: ['range'] }),
  sessionTimeoutMs: SESSION_TIMEOUT_MS,
  heartbeatIntervalMs: 1000,
});
process.once('SIGTERM', () => void group.close());
group.on('error', ({ error }) => note('E', `group: ${String(error)}`));

/** Whatever is there within a moment; empty when the claim has ended. */
async function* batchesOf(claim: Claim): AsyncGenerator<GroupMessage[]> {
  const messages = claim[Symbol.asyncIterator]();
  let next = messages.next();
  for (let isOver = false; !isOver; ) {
    const batch: GroupMessage[] = [];
    const first = await next;
    if (first.done === true) return;
    batch.push(first.value);
    next = messages.next();
    const late = wait(GATHER_MS, undefined);
    while (batch.length < AT_ONCE) {
      const found = await Promise.race([next, late]);
      if (found === undefined) break;
      if (found.done === true) {
        isOver = true;
        break;
      }
      batch.push(found.value);
      next = messages.next();
    }
    yield batch;
  }
}

async function copy(batch: readonly GroupMessage[], session: Session): Promise<void> {
  const last = batch.at(-1);
  if (last === undefined) return;
  await producer.transaction(async (txn) => {
    for (const message of batch) {
      const { partition, key, value } = message;
      txn.enqueue({ topic: COPY, partition, key, value });
    }
    await txn.sendOffsets(session, [{ topic: LEDGER, partition: last.partition, offset: last.offset + 1 }]);
    if (random() < 0.1) throw new Error('aborted on purpose');
  });
  // Or the next session would begin with them again.
  session.markMessage(last);
  note('C', `${last.partition} ${batch[0]?.offset}-${last.offset}`);
}

function isEnd(cause: unknown): boolean {
  return (
    cause instanceof KlammError && ['PRODUCER_FENCED', 'TRANSACTION_OUTCOME_UNKNOWN'].includes(cause.code)
  );
}

try {
  note('N', transactionalId);
  await (await producer.begin()).abort();
  note('I', transactionalId);
  await group.run({
    async consumeClaim(claim, session) {
      note('S', `${claim.partition}@${claim.initialOffset}`);
      for await (const batch of batchesOf(claim)) {
        for (;;) {
          // The partition may be another's by now: whoever has it reads from the committed offset on.
          if (session.signal.aborted) return;
          try {
            await copy(batch, session);
            break;
          } catch (cause) {
            if (isEnd(cause)) throw cause;
            note('E', `${batch[0]?.partition} ${batch[0]?.offset} ${String(cause)}`);
          }
        }
      }
    },
  });
  await producer.close();
  note('X', 'closed');
} catch (cause) {
  const code = cause instanceof KlammError ? cause.code : '';
  note('X', isEnd(cause) ? code : `failed: ${cause instanceof Error ? cause.stack : String(cause)}`);
}
process.exit();
