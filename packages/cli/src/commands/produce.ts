// `klamm produce TOPIC`: records from stdin. Nothing is read ahead of what the cluster takes, and at the end it is
// said where the records are; a record that failed is named, and makes the exit code 1. In a transaction all of it counts
// or nothing: it is committed at the end of stdin, and aborted by Ctrl-C, and by whatever fails.

import { sleep } from '@klamm/base/clock';
import type { ProducerOptions } from '@klamm/client/producer/options';
import type { Producer } from '@klamm/client/producer/producer';
import type { CommandRun, Flags } from '../command.ts';
import { type CommandContext, sentenceOf } from '../context.ts';
import { wholeNumber } from '../flag-values.ts';
import { splitPair } from '../globals.ts';
import { startProgress } from '../output/progress.ts';
import { linesOf } from '../record/lines.ts';
import { type GivenRecord, parseRecord, type RecordHeader } from '../record/record.ts';
import { requireTopic } from '../topics.ts';
import { durationOf } from '../transaction-texts.ts';
import { usageError } from '../usage-error.ts';

/** Failures told one by one; the others are counted. */
const FAILURES_TOLD = 5;

/** What became of the records so far. */
class Tally {
  readonly partitions = new Map<number, { records: number; firstOffset: number; lastOffset: number }>();
  sent = 0;
  delivered = 0;
  failed = 0;
  /** The transaction is given up, and with it what it has not sent. */
  isAborted = false;

  deliveredAt(partition: number, offset: number): void {
    if (this.isAborted) return;
    this.delivered++;
    const known = this.partitions.get(partition);
    if (known === undefined) {
      this.partitions.set(partition, { records: 1, firstOffset: offset, lastOffset: offset });
      return;
    }
    known.records++;
    known.firstOffset = Math.min(known.firstOffset, offset);
    known.lastOffset = Math.max(known.lastOffset, offset);
  }

  /** What was delivered in a transaction that is aborted does not count. */
  abort(): void {
    this.isAborted = true;
    this.partitions.clear();
    this.delivered = 0;
  }
}

export const produce: CommandRun = async (context, [topicName], flags) => {
  const topic = String(topicName);
  const template = recordTemplate(flags);
  const rate = wholeNumber(flags, 'rate', '--rate', 1);
  const tally = new Tally();
  const options = producerOptions(context, flags);
  const kafka = await context.kafka();
  await requireTopic(context, kafka, topic, flags.on('create'));
  const producer = kafka.producer({
    ...options,
    onDelivered: (_message, { partition, offset }) => tally.deliveredAt(partition, offset),
    onFailed: (_message, error) => {
      if (tally.isAborted) return;
      tally.failed++;
      if (tally.failed <= FAILURES_TOLD) context.fail(`A record was not stored: ${sentenceOf(error)}`);
    },
  });
  const progress = process.stdin.isTTY
    ? { end: () => {} }
    : startProgress(process.stderr, context.clock, () => `${tally.delivered} records stored`);
  const sending = { topic, rate, tally, flags };
  try {
    if (options.transactionalId !== undefined) await sendInTransaction(context, producer, template, sending);
    else {
      await sendAll(context, producer, template, sending);
      await producer.flush();
    }
  } finally {
    progress.end();
    await producer.close();
  }
  await report(context, topic, tally);
};

interface Sending {
  readonly topic: string;
  readonly rate: number | undefined;
  readonly tally: Tally;
  readonly flags: Flags;
}

async function sendInTransaction(
  context: CommandContext,
  producer: Producer,
  template: Template,
  sending: Sending,
): Promise<void> {
  await producer.transaction(async (transaction) => {
    await sendAll(context, transaction, template, sending);
    if (!context.interrupted.aborted && !context.hasFailed) return;
    sending.tally.abort();
    await transaction.abort();
    context.fail('The transaction was aborted: none of its records counts.');
  });
}

async function sendAll(
  context: CommandContext,
  producer: Pick<Producer, 'enqueue' | 'ready'>,
  template: Template,
  { topic, rate, tally, flags }: Sending,
): Promise<void> {
  if (process.stdin.isTTY) context.say('Type a record a line; Ctrl-D ends.');
  const { clock, interrupted } = context;
  const startedAt = clock.monotonic();
  for await (const records of givenRecords(context, template, flags.text('input') ?? 'lines')) {
    for (const record of records) {
      if (interrupted.aborted) return;
      if (rate !== undefined) {
        const dueMs = startedAt + (tally.sent * 1000) / rate - clock.monotonic();
        if (dueMs > 0) await sleep(clock, dueMs, interrupted).catch(() => {});
      }
      tally.sent++;
      const { key, value, timestamp } = record;
      const message = {
        topic,
        key,
        value,
        headers: [...template.headers, ...record.headers],
        ...(timestamp === undefined ? {} : { timestamp }),
        ...(template.partition === undefined ? {} : { partition: template.partition }),
      };
      if (!producer.enqueue(message)) await producer.ready();
    }
  }
}

/** What the flags say of every record. */
interface Template {
  readonly key: Buffer | undefined;
  readonly separator: Buffer | undefined;
  readonly headers: readonly RecordHeader[];
  readonly partition: number | undefined;
  readonly emptyIsNull: boolean;
}

function recordTemplate(flags: Flags): Template {
  const key = flags.text('key');
  const separator = flags.text('keySeparator');
  if (key !== undefined && separator !== undefined) throw usageError('Give -k or -K, not both.');
  if (separator === '') throw usageError('-K: name the text between key and value, as -K :');
  if (separator !== undefined && (flags.text('input') ?? 'lines') !== 'lines')
    throw usageError('-K goes with --input lines only; ndjson has its own "key".');
  return {
    key: key === undefined ? undefined : Buffer.from(key),
    // A tab is what most files have between columns, and hard to type.
    separator: separator === undefined ? undefined : Buffer.from(separator.replaceAll('\\t', '\t')),
    headers: flags.list('header').map((text) => {
      const pair = splitPair('-H', text);
      return { key: pair.key, value: Buffer.from(pair.value) };
    }),
    partition: wholeNumber(flags, 'partition', '-P', 0),
    emptyIsNull: flags.on('tombstone'),
  };
}

async function* givenRecords(
  context: CommandContext,
  template: Template,
  input: string,
): AsyncGenerator<GivenRecord[]> {
  const { interrupted } = context;
  const stop = (): void => void process.stdin.destroy();
  interrupted.addEventListener('abort', stop, { once: true });
  try {
    if (input === 'raw') {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      yield [lineRecord(Buffer.concat(chunks), template)];
      return;
    }
    let number = 0;
    for await (const lines of linesOf(process.stdin)) {
      const records: GivenRecord[] = [];
      for (const line of lines) {
        number++;
        if (input === 'lines') records.push(lineRecord(line, template));
        else if (line.length > 0) records.push(...jsonRecord(context, line, number, template));
      }
      yield records;
    }
  } catch (error) {
    // Ctrl-C while waiting for a line: what was sent so far is reported.
    if (!interrupted.aborted) throw error;
  } finally {
    interrupted.removeEventListener('abort', stop);
  }
}

function lineRecord(line: Buffer, { key, separator, emptyIsNull }: Template): GivenRecord {
  const at = separator === undefined ? -1 : line.indexOf(separator);
  const value = at < 0 ? line : line.subarray(at + (separator?.length ?? 0));
  return {
    key: at < 0 ? (key ?? null) : line.subarray(0, at),
    value: emptyIsNull && value.length === 0 ? null : value,
    headers: [],
    timestamp: undefined,
  };
}

/** One record, or none where the line is no record; then it is named, and the others go on. */
function jsonRecord(
  context: CommandContext,
  line: Buffer,
  number: number,
  template: Template,
): GivenRecord[] {
  try {
    const record = parseRecord(line.toString(), `line ${number}`);
    return [{ ...record, key: record.key ?? template.key ?? null }];
  } catch (error) {
    context.fail(sentenceOf(error));
    return [];
  }
}

function producerOptions(context: CommandContext, flags: Flags): ProducerOptions {
  const { properties, patienceMs } = context.globals;
  const acks = flags.text('acks') ?? properties.acks ?? 'all';
  const compression = flags.text('compression') ?? properties['compression.type'] ?? 'none';
  const lingerMs = properties['linger.ms'];
  const batchBytes = properties['batch.size'];
  const deliveryTimeoutMs = properties['delivery.timeout.ms'];
  const transactionalId = flags.text('transactionalId');
  const transactionTimeoutMs = durationOf(flags, 'transactionTimeout', '--transaction-timeout');
  if (transactionalId !== undefined && acks !== 'all' && acks !== '-1')
    throw usageError('--transactional-id needs --acks all, which is the default.');
  if (transactionalId === undefined && transactionTimeoutMs !== undefined)
    throw usageError('--transaction-timeout goes with --transactional-id.');
  return {
    ...(transactionalId === undefined ? {} : { transactionalId }),
    ...(transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs }),
    acks: acks === 'all' || acks === '-1' ? 'all' : acks === '1' ? 1 : 0,
    compression: compression as NonNullable<ProducerOptions['compression']>,
    deliveryTimeoutMs: deliveryTimeoutMs === undefined ? patienceMs : Number(deliveryTimeoutMs),
    ...(lingerMs === undefined ? {} : { lingerMs: Number(lingerMs) }),
    ...(batchBytes === undefined ? {} : { batchBytes: Number(batchBytes) }),
  };
}

async function report(context: CommandContext, topic: string, tally: Tally): Promise<void> {
  const partitions = [...tally.partitions].sort(([a], [b]) => a - b);
  if (tally.failed > FAILURES_TOLD) context.fail(`${tally.failed} records in all were not stored.`);
  if (context.globals.output !== undefined) {
    const rows = partitions.map(([partition, counts]) => ({ topic, partition, ...counts }));
    return context.rows(COLUMNS, rows, 'No records.');
  }
  if (tally.delivered === 0)
    return context.say(tally.sent === 0 ? 'No records: stdin was empty.' : 'Nothing was stored.');
  const places = partitions.map(([partition, { records, firstOffset, lastOffset }]) => {
    if (firstOffset < 0) return `  partition ${partition}: ${records}, not waited for (acks 0)`;
    const offsets =
      firstOffset === lastOffset ? `offset ${firstOffset}` : `offsets ${firstOffset} to ${lastOffset}`;
    return `  partition ${partition}: ${records} at ${offsets}`;
  });
  context.say(
    `${tally.delivered} ${tally.delivered === 1 ? 'record' : 'records'} in ${topic}\n${places.join('\n')}`,
  );
}

const COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partition', title: 'PARTITION', isNumber: true },
  { key: 'records', title: 'RECORDS', isNumber: true },
  { key: 'firstOffset', title: 'FIRST OFFSET', isNumber: true },
  { key: 'lastOffset', title: 'LAST OFFSET', isNumber: true },
];
