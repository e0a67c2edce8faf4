// `klamm txn`: list, describe, producers, fence. Of several transactional ids each is done by itself: what fails is told,
// the others go on, and the exit code is 1.

import { nearest } from '@klamm/base/config';
import {
  TRANSACTION_STATES,
  type TransactionDescription,
  type TransactionState,
} from '@klamm/client/admin/transactions';
import { partitionText } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { wholeNumbers } from '../flag-values.ts';
import { failOrThrow, namesOf } from '../several.ts';
import { partitionsOf } from '../topic-partitions.ts';
import { durationOf, spanText, timeText } from '../transaction-texts.ts';
import { usageError } from '../usage-error.ts';

export const listTransactions: CommandRun = async (context, _parameters, flags) => {
  const longerThanMs = durationOf(flags, 'longerThan', '--longer-than');
  const pattern = flags.text('pattern');
  const filters = {
    states: flags.list('state').map(stateOf),
    producerIds: wholeNumbers(flags, 'producerId', '--producer-id', 0),
    ...(longerThanMs === undefined ? {} : { longerThanMs }),
    ...(pattern === undefined ? {} : { transactionalIdPattern: pattern }),
  };
  await using admin = (await context.kafka()).admin();
  const rows = (await admin.listTransactions(filters)).map(
    ({ transactionalId, state, producerId, coordinatorId }) => ({
      transactionalId,
      state,
      producerId,
      coordinator: coordinatorId,
    }),
  );
  const columns = [
    { key: 'transactionalId', title: 'TRANSACTIONAL ID' },
    { key: 'state', title: 'STATE' },
    { key: 'producerId', title: 'PRODUCER ID', isNumber: true },
    { key: 'coordinator', title: 'COORDINATOR', isNumber: true, isWide: true },
  ];
  const isFiltered = ['state', 'producerId'].some((name) => flags.list(name).length > 0);
  const nothing = isFiltered || longerThanMs !== undefined || pattern !== undefined;
  await context.rows(
    columns,
    rows,
    nothing ? 'There is no such transaction.' : 'There are no transactional ids.',
  );
};

/** A state as its users write it: in any case. */
function stateOf(text: string): TransactionState {
  const found = TRANSACTION_STATES.find((state) => state.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const near = nearest(text, TRANSACTION_STATES);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw usageError(`--state ${text}: there are ${TRANSACTION_STATES.join(', ')}.${hint}`);
}

export const describeTransactions: CommandRun = async (context, [names]) => {
  await using admin = (await context.kafka()).admin();
  const now = context.clock.now();
  const rows = [];
  for (const name of namesOf(names)) {
    try {
      const described = await admin.describeTransaction(name);
      context.say(sentenceOn(described, now));
      const { transactionStartTimeMs: startMs, partitions } = described;
      rows.push({
        transactionalId: name,
        state: described.state,
        producerId: described.producerId,
        producerEpoch: described.producerEpoch,
        began: timeText(startMs),
        partitions: partitions.map(partitionText),
        openMs: startMs === null ? null : now - startMs,
        timeoutMs: described.transactionTimeoutMs,
        coordinator: described.coordinatorId,
      });
    } catch (error) {
      failOrThrow(context, error);
    }
  }
  const columns = [
    { key: 'transactionalId', title: 'TRANSACTIONAL ID' },
    { key: 'state', title: 'STATE' },
    { key: 'producerId', title: 'PRODUCER ID', isNumber: true },
    { key: 'producerEpoch', title: 'EPOCH', isNumber: true },
    { key: 'began', title: 'BEGAN' },
    { key: 'partitions', title: 'PARTITIONS' },
    { key: 'openMs', title: 'OPEN MS', isNumber: true, isWide: true },
    { key: 'timeoutMs', title: 'TIMEOUT MS', isNumber: true, isWide: true },
    { key: 'coordinator', title: 'COORDINATOR', isNumber: true, isWide: true },
  ];
  if (rows.length > 0) await context.rows(columns, rows, '');
};

function sentenceOn(described: TransactionDescription, now: number): string {
  const { transactionalId, state, transactionStartTimeMs: startMs, partitions } = described;
  if (startMs === null) return `${transactionalId}: ${state}, no transaction is open`;
  const { length } = partitions;
  const places = `${length} ${length === 1 ? 'partition' : 'partitions'}`;
  return `${transactionalId}: ${state}, open for ${spanText(now - startMs)} of ${spanText(described.transactionTimeoutMs)} at the most, ${places}`;
}

export const describeProducers: CommandRun = async (context, [places], flags) => {
  await using admin = (await context.kafka()).admin();
  const described = await admin.describeProducers(await partitionsOf(admin, namesOf(places)));
  const rows = described.flatMap(({ topic, partition, producers }) =>
    producers
      .filter(({ currentTxnStartOffset }) => currentTxnStartOffset !== null || !flags.on('open'))
      .map((producer) => ({
        topic,
        partition,
        producerId: producer.producerId,
        producerEpoch: producer.producerEpoch,
        startOffset: producer.currentTxnStartOffset,
        lastWrite: timeText(producer.lastTimestamp),
        lastSequence: producer.lastSequence,
        coordinatorEpoch: producer.coordinatorEpoch,
      })),
  );
  const columns = [
    { key: 'topic', title: 'TOPIC' },
    { key: 'partition', title: 'PARTITION', isNumber: true },
    { key: 'producerId', title: 'PRODUCER ID', isNumber: true },
    { key: 'producerEpoch', title: 'EPOCH', isNumber: true },
    { key: 'startOffset', title: 'OPEN SINCE OFFSET', isNumber: true },
    { key: 'lastWrite', title: 'LAST WRITE' },
    { key: 'lastSequence', title: 'LAST SEQUENCE', isNumber: true, isWide: true },
    { key: 'coordinatorEpoch', title: 'COORDINATOR EPOCH', isNumber: true, isWide: true },
  ];
  await context.rows(columns, rows, flags.on('open') ? 'No transaction is open there.' : 'No producers.');
};

export const fence: CommandRun = async (context, [names]) => {
  await using admin = (await context.kafka()).admin();
  const found = [];
  for (const name of namesOf(names)) {
    try {
      // Fencing an id that is not there would make one.
      found.push(await admin.describeTransaction(name));
    } catch (error) {
      failOrThrow(context, error);
    }
  }
  if (found.length === 0) return;
  const now = context.clock.now();
  for (const described of found) context.say(sentenceOn(described, now));
  const ids = found.map(({ transactionalId }) => transactionalId).join(', ');
  if (context.globals.dryRun) return context.say(`The producers of ${ids} would be fenced off.`);
  if (!(await isConfirmed(context, `Fence off the producers of ${ids}, and abort what is open?`))) {
    context.hasFailed = true;
    return context.say('Nothing was changed.');
  }
  for (const { transactionalId } of found) {
    try {
      await admin.forceTerminateTransaction(transactionalId);
      context.say(`Fenced off the producer of ${transactionalId}.`);
    } catch (error) {
      failOrThrow(context, error);
    }
  }
};
