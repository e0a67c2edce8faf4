// `npm run bench -- [start] [broker] [java] [client] [groups] [transactions] [compaction] [failover] [mirror] [--rounds N]
// [--quick]`
//
// Runs cases against Klamm and its rivals in turn and prints, for each case, one line of JSON on stdout and a table on
// stderr. Quote the ratios: absolute figures belong to the machine and the hour. --quick takes a tenth of the work, to
// see that everything runs. Needs what the peers' tests need: Java and Maven, Go.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { startApacheKafka } from '../tests/peers/apache-kafka.ts';
import type { Broker } from '../tests/peers/broker.ts';
import { getJava, type Java } from '../tests/peers/java.ts';
import { startKlamm } from '../tests/peers/klamm.ts';
import { type JavaProduce, javaProduce } from './broker/java-cases.ts';
import { acknowledged, createTopic, produceFrame } from './broker/requests.ts';
import { endToEnd, fetching, largeBatches, oneInFlight, type Target } from './broker/socket-cases.ts';
import { CLIENTS, type ClientWork, runClient } from './client/contestants.ts';
import { type PlainWorkload, TRANSACTION_SIZES, WORKLOADS } from './client/workload.ts';
import { compaction, type KeyedData } from './compaction/compaction.ts';
import { failoverSuite } from './failover/suite.ts';
import { rebalances } from './groups/rebalances.ts';
import { groupsAfterRestart } from './groups/restart.ts';
import { addressOf, BROKERS, type BrokerName, VERSIONS } from './harness/contestants.ts';
import { processUsage } from './harness/process-usage.ts';
import { report } from './harness/report.ts';
import { type Figures, runRounds } from './harness/rounds.ts';
import { mirrorSuite } from './mirror/suite.ts';
import {
  clientOnBroker,
  fillWithTransactions,
  part,
  TRANSACTION_CLIENTS,
} from './transactions/transactions.ts';

const SUITES = [
  'start',
  'broker',
  'java',
  'client',
  'groups',
  'transactions',
  'compaction',
  'failover',
  'mirror',
] as const;
type Suite = (typeof SUITES)[number];

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const roundsAt = args.indexOf('--rounds');
const rounds = roundsAt >= 0 ? Number(args[roundsAt + 1]) : quick ? 1 : 3;
const wanted = args.filter((arg, i) => !arg.startsWith('--') && (roundsAt < 0 || i !== roundsAt + 1));
const unknown = wanted.find((arg) => !SUITES.includes(arg as Suite));
if (unknown !== undefined || !(rounds >= 1)) {
  process.stderr.write(
    `bench: there is no suite "${unknown}"; there are ${SUITES.join(', ')}, and --rounds N, --quick.\n`,
  );
  process.exit(2);
}
const suites = wanted.length > 0 ? wanted : SUITES;
const context = { versions: VERSIONS, rounds };
const some = (count: number): number => (quick ? Math.max(count / 10, 1000) : count);
const progress = (line: string): void => void process.stderr.write(`· ${line}\n`);

/** Runs a case on brokers that stay up for all its rounds. */
async function onBrokers(
  name: string,
  subject: BrokerName,
  brokers: ReadonlyMap<BrokerName, Broker>,
  run: (broker: Broker) => Promise<Figures>,
): Promise<void> {
  const contenders = [...brokers].map(([who, broker]) => ({ name: who, run: () => run(broker) }));
  report(await runRounds(name, contenders, rounds, progress), subject, context);
}

async function withBrokers(
  names: readonly BrokerName[],
  work: (brokers: Map<BrokerName, Broker>) => Promise<void>,
): Promise<void> {
  const brokers = new Map<BrokerName, Broker>();
  try {
    for (const name of names) brokers.set(name, await BROKERS[name]());
    await work(brokers);
  } finally {
    for (const broker of brokers.values()) await broker[Symbol.asyncDispose]();
  }
}

async function startSuite(): Promise<void> {
  const contenders = (['klamm', 'apache-kafka'] as const).map((name) => ({
    name,
    async run(): Promise<Figures> {
      const begun = performance.now();
      await using broker = await BROKERS[name]();
      const startMs = performance.now() - begun;
      return {
        'start ms (formatting included)': startMs,
        'idle MB': processUsage(broker.pid ?? 0)?.residentMb ?? Number.NaN,
      };
    },
  }));
  report(await runRounds('start', contenders, rounds, progress), 'klamm', context);
}

async function brokerSuite(): Promise<void> {
  await withBrokers(['klamm', 'klamm os', 'apache-kafka'], async (brokers) => {
    const cases: [string, BrokerName, (target: Target) => Promise<Figures>][] = [
      ['one produce request in flight, 100 B', 'klamm os', (t) => oneInFlight(t, 100, some(20_000))],
      ['batches of 1,000 x 100 B', 'klamm', (t) => largeBatches(t, 100, some(2_000_000))],
      ['batches of 1,000 x 1 KiB', 'klamm', (t) => largeBatches(t, 1024, some(400_000))],
      ['fetch 100 B, undecoded', 'klamm', (t) => fetching(t, 100, some(2_000_000))],
      ['fetch 1 KiB, undecoded', 'klamm', (t) => fetching(t, 1024, some(400_000))],
      ['end to end 1 KiB', 'klamm', (t) => endToEnd(t, 1024, some(5000))],
    ];
    for (const [name, subject, run] of cases) {
      await onBrokers(name, subject, brokers, (broker) => run(addressOf(broker)));
    }
  });
}

async function javaSuite(): Promise<void> {
  const java: Java = await getJava(['-Xmx512m', '-XX:+UseG1GC']);
  await withBrokers(['klamm', 'apache-kafka'], async (brokers) => {
    for (const broker of brokers.values()) {
      const socket = await RawClient.open(addressOf(broker).host, addressOf(broker).port);
      await createTopic(socket, 'java-1', 1);
      await createTopic(socket, 'java-6', 6);
      socket.close();
    }
    const cases: JavaProduce[] = [
      { topic: 'java-1', records: some(2_000_000), bytes: 100 },
      { topic: 'java-6', records: some(2_000_000), bytes: 100 },
      { topic: 'java-1', records: some(400_000), bytes: 1024 },
      { topic: 'java-6', records: some(400_000), bytes: 1024 },
      { topic: 'java-1', records: some(2_000_000), bytes: 100, compression: 'lz4' },
    ];
    for (const of of cases) {
      const name = `Java produces ${of.bytes} B to ${of.topic.slice(5)} partition(s)${of.compression === undefined ? '' : `, ${of.compression}`}`;
      await onBrokers(name, 'klamm', brokers, (broker) =>
        javaProduce(java, broker.bootstrap, broker.pid ?? 0, of),
      );
    }
  });
}

const CLIENT_COUNTS: Record<PlainWorkload, number> = {
  'awaited one by one': 10_000,
  '100 awaited in flight': 100_000,
  'batches of 100': 500_000,
  'batches of 1000': 1_000_000,
  '4 x 1000 in flight': 1_000_000,
  'consume each': 1_000_000,
  'consume batches': 1_000_000,
};

async function clientSuite(): Promise<void> {
  // On Apache Kafka, because rivals read through groups; and with no broker of ours nobody is at home.
  await withBrokers(['apache-kafka'], async (brokers) => {
    const broker = brokers.get('apache-kafka');
    if (broker === undefined) return;
    const socket = await RawClient.open(addressOf(broker).host, addressOf(broker).port);
    for (const bytes of [100, 1024]) {
      for (const workload of WORKLOADS) {
        const count =
          Math.round(some(CLIENT_COUNTS[workload] / (bytes > 1000 ? 4 : 1)) / 4000) * 4000 || 4000;
        const topic = `client-${bytes}-${WORKLOADS.indexOf(workload)}`;
        await createTopic(socket, topic);
        if (workload.startsWith('consume')) {
          const request = produceFrame(topic, 100, bytes);
          for (let sent = 0; sent < count; sent += 100) acknowledged(await socket.send(request));
        }
        const contenders = CLIENTS.map((name) => ({
          name,
          run: () => runClient(name, { workload, bootstrap: broker.bootstrap, topic, count, bytes }),
        }));
        report(
          await runRounds(`client: ${workload}, ${bytes} B`, contenders, rounds, progress),
          'klamm',
          context,
        );
      }
    }
    socket.close();
  });
}

/** Client and broker; rivals run where they are at home. */
const GROUP_CONTENDERS = [
  ['klamm', 'klamm'],
  ['klamm', 'apache-kafka'],
  ['platformatic', 'apache-kafka'],
  ['kafkajs', 'apache-kafka'],
  ['platformatic', 'klamm'],
] as const;

async function groupSuite(): Promise<void> {
  const session = { 'group.consumer.session.timeout.ms': '6000', 'group.initial.rebalance.delay.ms': '0' };
  const limits = { 'group.consumer.min.session.timeout.ms': '6000' };
  const starters = {
    klamm: () => startKlamm({ settings: session }),
    'apache-kafka': async () => startApacheKafka(await getJava(), { settings: { ...session, ...limits } }),
  };
  await using klamm = await starters.klamm();
  await using apache = await starters['apache-kafka']();
  const bootstraps = { klamm: klamm.bootstrap, 'apache-kafka': apache.bootstrap };
  for (const protocol of ['consumer', 'classic']) {
    for (const size of quick ? [1] : [1, 10, 50]) {
      const contenders = GROUP_CONTENDERS.filter(
        // KafkaJS has the classic protocol only; fifty members of a rival would measure this machine.
        ([client]) => client === 'klamm' || (size < 50 && !(client === 'kafkajs' && protocol === 'consumer')),
      ).map(([client, broker]) => ({
        name: `${client} on ${broker}`,
        run: () =>
          rebalances({
            client,
            protocol,
            bootstrap: bootstraps[broker],
            size,
            partitions: size === 1 ? 6 : 60,
          }),
      }));
      const name = `groups: ${protocol} protocol, a member more than ${size}`;
      report(await runRounds(name, contenders, rounds, progress), 'klamm on klamm', context);
    }
  }
  const contenders = (['klamm', 'apache-kafka'] as const).map((name) => ({
    name,
    async run(): Promise<Figures> {
      const folder = mkdtempSync(join(tmpdir(), 'klamm-bench-'));
      await using first = await starters[name]();
      const dataDirectory = first.dataDirectory ?? folder;
      let second: Broker | undefined;
      try {
        return await groupsAfterRestart(
          first,
          async () => {
            second =
              name === 'klamm'
                ? await startKlamm({ settings: session, dataDirectory })
                : await startApacheKafka(await getJava(), {
                    settings: { ...session, ...limits },
                    dataDirectory,
                  });
            return second;
          },
          quick ? 500 : 5000,
        );
      } finally {
        await second?.[Symbol.asyncDispose]();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  }));
  report(
    await runRounds('groups: 5,000 with 10 offsets each', contenders, rounds, progress),
    'klamm',
    context,
  );
}

const TRANSACTION_COUNTS: Record<(typeof TRANSACTION_SIZES)[number], number> = {
  1: 1000,
  100: 100_000,
  10000: 1_000_000,
};
/** @platformatic/kafka waits a second where Apache Kafka says CONCURRENT_TRANSACTIONS, which is after most. */
const SLOW_TRANSACTIONS = 20;

async function transactionSuite(): Promise<void> {
  const names = ['klamm', 'klamm os', 'apache-kafka'] as const;
  await withBrokers(names, async (brokers) => {
    const run = async (title: string, work: Omit<ClientWork, 'bootstrap'>, slow: number): Promise<void> => {
      const contenders = [...brokers].flatMap(([name, broker]) =>
        (name === 'klamm os' ? (['franz-go'] as const) : TRANSACTION_CLIENTS).map((client) => {
          const isSlow = client === 'platformatic' && name === 'apache-kafka';
          const own = { ...work, count: isSlow ? Math.min(work.count, slow) : work.count };
          return { name: `${client} on ${name}`, run: () => clientOnBroker(client, broker, own) };
        }),
      );
      const result = await runRounds(title, contenders, rounds, progress);
      const onBoth = new Map(names.map((name) => [`franz-go on ${name}`, name]));
      report(part(result, `${title}: brokers, by franz-go`, onBoth), 'klamm', context);
      for (const name of ['klamm', 'apache-kafka'] as const) {
        const clients = new Map(TRANSACTION_CLIENTS.map((client) => [`${client} on ${name}`, client]));
        report(part(result, `${title}: clients, on ${name}`, clients), 'klamm', context);
      }
    };
    const create = async (topic: string): Promise<void> => {
      for (const broker of brokers.values()) {
        const socket = await RawClient.open(addressOf(broker).host, addressOf(broker).port);
        await createTopic(socket, topic);
        socket.close();
      }
    };
    for (const size of TRANSACTION_SIZES) {
      const workload = `transactions of ${size}` as const;
      const topic = `transactions-${size}`;
      const count = Math.max(size, TRANSACTION_COUNTS[size] / (quick ? 10 : 1));
      await create(topic);
      await run(`${workload}, 100 B`, { workload, topic, count, bytes: 100 }, SLOW_TRANSACTIONS * size);
    }
    const topic = 'committed-and-aborted';
    const count = some(1_000_000);
    await create(topic);
    for (const { bootstrap } of brokers.values()) await fillWithTransactions(bootstrap, topic, count, 100);
    const reading = { workload: 'consume batches', topic, count, bytes: 100 } as const;
    await run('read committed, a fourth aborted, 100 B', reading, count);
  });
}

async function compactionSuite(): Promise<void> {
  const settings = { 'log.cleaner.backoff.ms': '50' };
  const bytes = some(2 * 1024 ** 3);
  const cases: [string, KeyedData][] = [
    ['2 GiB, values of 1 KiB, 500,000 keys', { bytes, valueBytes: 1024, keys: some(500_000) }],
    ['2 GiB, values of 100 B, 2,000,000 keys', { bytes, valueBytes: 100, keys: some(2_000_000) }],
  ];
  for (const [title, data] of cases) {
    const contenders = (['klamm', 'apache-kafka'] as const).map((name) => ({
      name,
      async run(): Promise<Figures> {
        await using first = await BROKERS[name]({ settings });
        const { dataDirectory } = first;
        if (dataDirectory === undefined) throw new Error('The broker runs elsewhere.');
        await using restarted = new AsyncDisposableStack();
        const restart = async (): Promise<Broker> =>
          restarted.use(await BROKERS[name]({ settings, dataDirectory }));
        return await compaction(first, restart, data);
      },
    }));
    report(await runRounds(`compaction: ${title}`, contenders, rounds, progress), 'klamm', context);
  }
}

const RUN: Record<Suite, () => Promise<void>> = {
  start: startSuite,
  broker: brokerSuite,
  java: javaSuite,
  client: clientSuite,
  groups: groupSuite,
  transactions: transactionSuite,
  compaction: compactionSuite,
  failover: () => failoverSuite(quick, context, progress),
  mirror: () => mirrorSuite(quick, context, progress),
};
for (const suite of suites) await RUN[suite as Suite]();
