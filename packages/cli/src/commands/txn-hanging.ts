// `klamm txn find-hanging` and `abort`: transactions that no coordinator will end, and their end. Aborting shows the plan,
// and with --yes carries it out.
//
// A transaction that its coordinator has in the partition is not aborted behind its back unless somebody insists: what
// it wrote elsewhere might be committed.

import type { Admin } from '@klamm/client/admin/admin';
import type { ProducerState } from '@klamm/client/admin/transactions-producers';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun, Flags } from '../command.ts';
import { wholeNumber } from '../flag-values.ts';
import { namesOf } from '../several.ts';
import { partitionsOf, splitPlace } from '../topic-partitions.ts';
import { durationOf, spanText, timeText } from '../transaction-texts.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partition', title: 'PARTITION', isNumber: true },
  { key: 'producerId', title: 'PRODUCER ID', isNumber: true },
  { key: 'producerEpoch', title: 'EPOCH', isNumber: true },
  { key: 'startOffset', title: 'START OFFSET', isNumber: true },
  { key: 'lastWrite', title: 'LAST WRITE' },
  { key: 'transactionalId', title: 'TRANSACTIONAL ID' },
  { key: 'state', title: 'STATE', isWide: true },
  { key: 'coordinatorEpoch', title: 'COORDINATOR EPOCH', isNumber: true, isWide: true },
];

function rowOf(place: TopicPartition, producer: ProducerState) {
  return {
    topic: place.topic,
    partition: place.partition,
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    startOffset: producer.currentTxnStartOffset,
    lastWrite: timeText(producer.lastTimestamp),
    coordinatorEpoch: producer.coordinatorEpoch,
  };
}

export const findHanging: CommandRun = async (context, [texts], flags) => {
  const longerThanMs = durationOf(flags, 'longerThan', '--longer-than');
  await using admin = (await context.kafka()).admin();
  const places = namesOf(texts);
  const hanging = await admin.findHangingTransactions({
    ...(places.length === 0 ? {} : { partitions: await partitionsOf(admin, places) }),
    ...(longerThanMs === undefined ? {} : { longerThanMs }),
  });
  const rows = hanging.map((each) => ({ ...rowOf(each, each), transactionalId: each.transactionalId }));
  const now = context.clock.now();
  for (const { topic, partition, currentTxnStartOffset, lastTimestamp } of hanging) {
    const silent = lastTimestamp === null ? '' : `, silent for ${spanText(now - lastTimestamp)}`;
    context.say(
      `${topic}-${partition} hangs at offset ${currentTxnStartOffset}${silent}. To abort it: klamm txn abort ${topic}:${partition} --start-offset ${currentTxnStartOffset}`,
    );
  }
  const columns = COLUMNS.filter(({ key }) => key !== 'state');
  await context.rows(columns, rows, 'No transaction hangs.');
};

export const abort: CommandRun = async (context, [text], flags) => {
  const place = onePartition(String(text));
  const isChosen = choiceOf(place, flags);
  await using admin = (await context.kafka()).admin();
  await partitionsOf(admin, [String(text)]);
  const [described] = await admin.describeProducers([place]);
  const producer = described?.producers.find(isChosen);
  if (producer === undefined || producer.currentTxnStartOffset === null) {
    return context.fail(
      `No such transaction is open in ${partitionText(place)}; those that are says: klamm txn producers ${text} --open`,
    );
  }
  const epoch = wholeNumber(flags, 'producerEpoch', '--producer-epoch', 0);
  if (epoch !== undefined && epoch !== producer.producerEpoch) {
    return context.fail(
      `Producer ${producer.producerId} is in epoch ${producer.producerEpoch} in ${partitionText(place)}, not in ${epoch}.`,
    );
  }
  const owner = await ownerOf(admin, producer.producerId, place);
  const row = {
    ...rowOf(place, producer),
    transactionalId: owner?.transactionalId ?? null,
    state: owner?.state ?? null,
  };
  await context.rows(COLUMNS, [row], '');
  if (owner?.hasPlace === true) {
    const { transactionalId, state } = owner;
    const having = `${transactionalId} has this transaction open (${state}), so it does not hang. To abort the whole of it: klamm txn fence ${transactionalId}`;
    if (!flags.on('force')) return context.fail(`${having}. To abort it in this partition only: --force.`);
    context.say(`${having}.`);
  }
  if (context.globals.dryRun || !context.globals.yes) {
    return context.say('Nothing was changed. To carry it out, say --yes.');
  }
  await admin.abortTransaction({ ...place, ...producer });
  context.say(`Aborted the transaction of producer ${producer.producerId} in ${partitionText(place)}.`);
};

function onePartition(text: string): TopicPartition {
  const { topic, partitions: [partition, ...others] = [] } = splitPlace(text);
  if (partition !== undefined && others.length === 0) return { topic, partition };
  throw usageError(`${text}: name one partition, as ${topic}:0`);
}

/** What tells the transaction that is meant from the others of its partition. */
function choiceOf(place: TopicPartition, flags: Flags): (producer: ProducerState) => boolean {
  const startOffset = wholeNumber(flags, 'startOffset', '--start-offset', 0);
  const producerId = wholeNumber(flags, 'producerId', '--producer-id', 0);
  if (startOffset === undefined && producerId === undefined) {
    throw usageError(
      `Which one? Give --start-offset or --producer-id; both says: klamm txn producers ${place.topic}:${place.partition} --open`,
    );
  }
  return (producer) =>
    (startOffset === undefined || producer.currentTxnStartOffset === startOffset) &&
    (producerId === undefined || producer.producerId === producerId);
}

/** The transactional id whose producer that is, and whether its open transaction is in the partition. */
async function ownerOf(admin: Admin, producerId: number, place: TopicPartition) {
  const [listed] = await admin.listTransactions({ producerIds: [producerId] });
  if (listed === undefined) return undefined;
  const { transactionalId } = listed;
  const described = (await admin.describeTransactions([transactionalId])).get(transactionalId);
  const { state = listed.state, partitions = [] } = described ?? {};
  const hasPlace = partitions.some((each) => partitionText(each) === partitionText(place));
  return { transactionalId, state, hasPlace };
}
