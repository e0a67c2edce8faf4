// `klamm mirror` beside MirrorMaker 2: the same topic from the same source to the same target, in turn. The rate is that
// between the first and the last offset that the target gains, so that neither a JVM's start nor a lock is in it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '@klamm/base/clock';
import { Kafka, type ProducerOptions } from 'klamm';
import { type RunningProgram, startProgram } from '../../tests/peers/program.ts';
import { BROKERS } from '../harness/contestants.ts';
import { processUsage } from '../harness/process-usage.ts';
import { type ReportContext, report } from '../harness/report.ts';
import { type Figures, runRounds } from '../harness/rounds.ts';
import { type Flow, startMirrorMaker, startTunedMirrorMaker } from './mirror-maker.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const POLL_MS = 20;
const MIRRORS = {
  'klamm mirror': (flow: Flow, folder: string) => Promise.resolve(startKlammMirror(flow, folder)),
  MirrorMaker: startMirrorMaker,
  'MirrorMaker, tuned': startTunedMirrorMaker,
} as const;

interface Data {
  readonly title: string;
  readonly partitions: number;
  readonly records: number;
  readonly bytes: number;
  readonly producer: ProducerOptions;
}

const DATA: readonly Data[] = [
  {
    title: '1 KiB, batches of 16 KiB, 6 partitions',
    partitions: 6,
    records: 600_000,
    bytes: 1024,
    producer: { batchBytes: 16_384 },
  },
  {
    title: '100 B, batches of 16 KiB with lz4, 6 partitions',
    partitions: 6,
    records: 4_000_000,
    bytes: 100,
    producer: { batchBytes: 16_384, compression: 'lz4' },
  },
  {
    title: '1 KiB, batches of 16 KiB, 1 partition',
    partitions: 1,
    records: 400_000,
    bytes: 1024,
    producer: { batchBytes: 16_384 },
  },
];

export async function mirrorSuite(
  quick: boolean,
  context: ReportContext,
  progress: (line: string) => void,
): Promise<void> {
  await using source = await BROKERS['klamm os']();
  await using target = await BROKERS['apache-kafka']();
  const pair = { source: source.bootstrap, target: target.bootstrap };
  for (const data of DATA) {
    const records = quick ? data.records / 10 : data.records;
    const topic = `mirrored-${DATA.indexOf(data)}`;
    const bytes = await fill(source.bootstrap, topic, { ...data, records });
    const contenders = (Object.keys(MIRRORS) as (keyof typeof MIRRORS)[]).map((name) => ({
      name,
      run: () => copy(name, { ...pair, topic, partitions: data.partitions }, bytes),
    }));
    const title = `mirror: ${data.title}, Klamm to Apache Kafka`;
    report(await runRounds(title, contenders, context.rounds, progress), 'klamm mirror', context);
  }
}

/** Resolves with the bytes of the values. */
async function fill(bootstrap: string, topic: string, data: Data): Promise<number> {
  const kafka = new Kafka({ brokers: bootstrap });
  await using admin = kafka.admin();
  await admin.createTopic({ name: topic, partitions: data.partitions, replicationFactor: 1 });
  await using producer = kafka.producer(data.producer);
  for (let at = 0; at < data.records; at += 1000) {
    await producer.sendBatch(
      Array.from({ length: 1000 }, (_, n) => ({
        topic,
        partition: (at / 1000 + n) % data.partitions,
        value: eventOf(at + n, data.bytes),
      })),
    );
  }
  return data.records * data.bytes;
}

/** Text that compresses about as events do. */
function eventOf(number: number, bytes: number): string {
  const text = `{"id":${number},"at":${1_700_000_000_000 + number * 7},"name":"customer-${(number * 7919) % 100_003}","note":"`;
  return (text + 'a quick brown fox jumps over the lazy dog '.repeat(Math.ceil(bytes / 42))).slice(0, bytes);
}

async function copy(name: keyof typeof MIRRORS, flow: Flow, bytes: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-bench-'));
  const kafka = new Kafka({ brokers: flow.target });
  await using admin = kafka.admin();
  await using sourceAdmin = new Kafka({ brokers: flow.source }).admin();
  // MirrorMaker keeps where it is in topics of its own, on both sides.
  for (const each of [admin, sourceAdmin]) {
    const topics = (await each.listTopics()).filter(({ name: topic }) => topic.startsWith('mm2-'));
    if (topics.length > 0) await each.deleteTopics(topics.map(({ name: topic }) => topic));
  }
  if (await admin.topicExists(flow.topic)) await admin.deleteTopic(flow.topic);
  // Each finds the topic there and empty.
  await sleep(systemClock, 1000);
  await admin.createTopic({ name: flow.topic, partitions: flow.partitions, replicationFactor: 1 });
  const whole = await endOf(new Kafka({ brokers: flow.source }), flow.topic);
  await using program = await MIRRORS[name](flow, folder);
  try {
    const started = await untilEnd(kafka, flow.topic, 1, program);
    const from = { at: systemClock.monotonic(), end: started, cpu: cpuOf(program) };
    await untilEnd(kafka, flow.topic, whole, program);
    const seconds = (systemClock.monotonic() - from.at) / 1000;
    const share = (whole - from.end) / whole;
    return {
      'MB/s': (bytes * share) / 1e6 / seconds,
      'CPU s per GB': ((cpuOf(program) - from.cpu) * 1e9) / (bytes * share),
      'peak MB': processUsage(program.pid)?.peakMb ?? Number.NaN,
    };
  } finally {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const cpuOf = ({ pid }: RunningProgram): number => processUsage(pid)?.cpuSeconds ?? Number.NaN;

async function untilEnd(kafka: Kafka, topic: string, end: number, program: RunningProgram): Promise<number> {
  let over = false;
  program.ended.then(() => {
    over = true;
  });
  for (;;) {
    const now = await endOf(kafka, topic);
    if (now >= end) return now;
    if (over)
      throw new Error(`It ended at ${now} of ${end} offsets:\n${program.printed.stderr.slice(-2000)}`);
    await sleep(systemClock, POLL_MS);
  }
}

async function endOf(kafka: Kafka, topic: string): Promise<number> {
  await using admin = kafka.admin();
  const ends = await admin.listOffsets(topic, 'latest');
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

function startKlammMirror({ source, target, topic }: Flow, folder: string): RunningProgram {
  const name = folder.replaceAll(/[^\w]/g, '-');
  const args = ['--from', source, '--to', target, '-t', topic, '--name', name, '--no-access'];
  return startProgram(process.execPath, [BIN, 'mirror', 'start', ...args]);
}
