// How long a client's records wait when a node of three dies, or hangs with its sockets open, until every partition is
// written to again. The node leads some of the partitions and is not the active controller, whose own succession would
// measure the cluster; of the pause, nine seconds are the cluster's (broker.session.timeout.ms).

import { setTimeout as wait } from 'node:timers/promises';
import { Kafka } from 'klamm';
import type { ApacheCluster } from '../../tests/peers/apache-cluster.ts';
import type { RunningProgram } from '../../tests/peers/program.ts';
import type { Figures } from '../harness/rounds.ts';
import { type FailoverClient, startClient } from './clients.ts';

export type Fault = 'kill' | 'hang';

const PARTITIONS = 6;
const WARM_MS = 3000;
const LONGEST_MS = 180_000;
/** Who was acknowledged so lately is at work. */
const AT_WORK_MS = 1000;

let topics = 0;

/** A topic with three replicas of each partition, all in sync. */
export async function createReplicated(
  cluster: ApacheCluster,
  name: string,
  partitions: number,
): Promise<void> {
  await cluster.whole();
  const admin = new Kafka({ brokers: cluster.bootstrap }).admin();
  await admin.createTopic({ name, partitions, replicationFactor: 3 });
  await admin.close();
  await cluster.whole();
}

export async function failoverPause(
  client: FailoverClient,
  cluster: ApacheCluster,
  fault: Fault,
): Promise<Figures> {
  const topic = `failover-${++topics}`;
  await createReplicated(cluster, topic, PARTITIONS);
  const node = await follower(cluster, topic);
  const program = await startClient(client, [cluster.bootstrap.join(','), topic, `${PARTITIONS}`]);
  try {
    await untilAtWork(program);
    await wait(WARM_MS);
    if (fault === 'hang') cluster.hang(node);
    else await cluster.kill(node);
    await wait(AT_WORK_MS * 2);
    await untilAtWork(program);
    program.write('\n');
    await program.ended;
    const figures = lines(program).at(-1) as { readonly longest: number[]; readonly failed: number };
    // A client that gives records up has paused for them for ever.
    if (figures.failed > 0) throw new Error(`${figures.failed} records were given up`);
    return { 'longest pause ms': Math.max(...figures.longest) };
  } finally {
    await program.stop('SIGKILL');
    if (fault === 'hang') cluster.goOn(node);
    else await cluster.startAgain(node);
    await cluster.whole();
  }
}

/** A node that leads partitions of the topic, and is not the active controller. */
async function follower(cluster: ApacheCluster, topic: string): Promise<number> {
  const controller = await cluster.controller();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const leader = await cluster.leader(topic, partition);
    if (leader !== controller) return leader;
  }
  throw new Error('The active controller leads every partition.');
}

function lines(program: RunningProgram): unknown[] {
  const { stdout } = program.printed;
  return stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

async function untilAtWork(program: RunningProgram): Promise<void> {
  const deadline = performance.now() + LONGEST_MS;
  for (;;) {
    const { ages } = (lines(program).at(-1) ?? {}) as { readonly ages?: number[] };
    if (ages?.every((age) => age < AT_WORK_MS) === true && lines(program).length > 10) return;
    if (performance.now() > deadline) throw new Error(`Not at work within ${LONGEST_MS} ms.`);
    await wait(100);
  }
}
