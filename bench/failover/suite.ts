// Clients on three nodes of Apache Kafka: how much they write and read there, and for how long their records wait when a
// node dies, or hangs.

import { RawClient } from '@klamm/broker/testing/raw-client';
import { ApacheCluster } from '../../tests/peers/apache-cluster.ts';
import { getJava } from '../../tests/peers/java.ts';
import { acknowledged, produceFrame } from '../broker/requests.ts';
import { type ClientName, runClient } from '../client/contestants.ts';
import type { PlainWorkload } from '../client/workload.ts';
import { type ReportContext, report } from '../harness/report.ts';
import { runRounds } from '../harness/rounds.ts';
import { FAILOVER_CLIENTS } from './clients.ts';
import { createReplicated, type Fault, failoverPause } from './failover.ts';

const FLAGS = ['-Xms512m', '-Xmx512m', '-XX:+UseG1GC'];
const WORK: readonly (readonly [PlainWorkload, number])[] = [
  ['100 awaited in flight', 100_000],
  ['batches of 1000', 500_000],
  ['4 x 1000 in flight', 500_000],
  ['consume batches', 500_000],
];
const CLIENTS: readonly ClientName[] = ['klamm', 'franz-go', 'librdkafka'];
const BYTES = 100;

export async function failoverSuite(
  quick: boolean,
  context: ReportContext,
  progress: (line: string) => void,
): Promise<void> {
  await using cluster = await ApacheCluster.start(await getJava(FLAGS));
  const { rounds } = context;
  for (const [workload, most] of WORK) {
    const count = quick ? most / 10 : most;
    const topic = `work-${WORK.findIndex(([name]) => name === workload)}`;
    await createReplicated(cluster, topic, 1);
    if (workload.startsWith('consume')) await fill(cluster, topic, count);
    const contenders = CLIENTS.map((name) => ({
      name,
      run: () =>
        runClient(name, { workload, bootstrap: cluster.bootstrap[0] ?? '', topic, count, bytes: BYTES }),
    }));
    const title = `cluster: ${workload}, ${BYTES} B, three replicas`;
    report(await runRounds(title, contenders, rounds, progress), 'klamm', context);
  }
  for (const fault of ['kill', 'hang'] satisfies Fault[]) {
    const contenders = FAILOVER_CLIENTS.map((name) => ({
      name,
      run: () => failoverPause(name, cluster, fault),
    }));
    const title = fault === 'kill' ? 'cluster: a leader is killed' : 'cluster: a leader hangs';
    report(await runRounds(title, contenders, rounds, progress), 'klamm', context);
  }
}

async function fill(cluster: ApacheCluster, topic: string, count: number): Promise<void> {
  const leader = await cluster.leader(topic, 0);
  const [host = '', port = ''] = (cluster.bootstrap[leader - 1] ?? '').split(':');
  const socket = await RawClient.open(host, Number(port));
  const request = produceFrame(topic, 100, BYTES);
  for (let sent = 0; sent < count; sent += 100) acknowledged(await socket.send(request));
  socket.close();
}
