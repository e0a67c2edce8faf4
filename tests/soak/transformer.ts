// Copies the ledger as copier.ts does, by `kafka.transform()`. Its transactions may be open for longer than its session is
// held: one that was asleep meanwhile has to learn from its group that its partitions are another's.
//
//   node transformer.ts BOOTSTRAP TRANSACTIONAL_ID INCARNATION FILE PROTOCOL

import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@klamm/base/random';
import { Kafka, KlammError } from 'klamm';
import { noteIn } from './note.ts';
import { COPY, GROUP, LEDGER, SESSION_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS } from './plan.ts';

const [bootstrap = '', transactionalId = '', incarnation = '1', file = '', protocol = 'classic'] =
  process.argv.slice(2);
const random = seededRandom(Number(incarnation));
const note = noteIn(file);

const copying = new Kafka({ brokers: bootstrap, clientId: transactionalId }).transform({
  from: {
    groupId: GROUP,
    topics: LEDGER,
    ...(protocol === 'consumer' ? { protocol } : { protocol: 'classic', assignors: ['range'] }),
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    heartbeatIntervalMs: 1000,
  },
  to: { transactionalId, transactionTimeoutMs: 2 * TRANSACTION_TIMEOUT_MS },
  onAborted: (cause) => note('E', `aborted: ${String(cause)}`),
});
process.once('SIGTERM', () => void copying.close());
const forget = copying.group.on('joined', () => {
  forget();
  note('I', transactionalId);
});

let count = 0;
try {
  note('N', transactionalId);
  await copying.run(async ({ key, value, partition }) => {
    // Some are slow, so that a session is lost while the work on a message goes on.
    if (random() < 0.005) await wait(random() * 1000);
    if (++count % 50 === 0) note('R', `${count}`);
    return { topic: COPY, key, value, partition };
  });
  note('X', 'closed');
} catch (cause) {
  const isFenced = cause instanceof KlammError && cause.code === 'PRODUCER_FENCED';
  note(
    'X',
    isFenced ? cause.code : `failed: ${cause instanceof Error ? (cause.stack ?? cause.message) : cause}`,
  );
}
process.exit();
