// How a cluster does: each node's process and part in it, and whether every partition has the replicas that it should.

import type { Kafka } from '@klamm/client/client';
import type { LocalCluster } from './local-cluster.ts';

export interface NodeHealth {
  readonly node: number;
  /** `up`: a broker of the cluster. `starting`: runs, and is none yet, or does not answer. `dead`: nobody ended it. */
  readonly state: 'up' | 'starting' | 'down' | 'dead';
  readonly pid: number | null;
  readonly quorum: 'leader' | 'voter' | null;
  /** Partitions that it leads. */
  readonly leads: number | null;
  /** Partitions of which it has a replica that is not in sync. */
  readonly behind: number | null;
  readonly internal: string;
  readonly external: string;
  readonly log: string;
}

interface Seen {
  readonly brokers: ReadonlySet<number>;
  readonly leader: number;
  readonly voters: ReadonlySet<number>;
  readonly leads: ReadonlyMap<number, number>;
  readonly behind: ReadonlyMap<number, number>;
}

/** What it cannot ask, because nobody answers, is null. */
export async function clusterHealth(cluster: LocalCluster): Promise<NodeHealth[]> {
  const isRunning = cluster.nodes.some(({ pid }) => pid !== undefined);
  const seen = isRunning ? await seenBy(cluster.client()).catch(() => undefined) : undefined;
  return cluster.nodes.map((process) => {
    const { node, pid } = process;
    const isUp = pid !== undefined && seen?.brokers.has(node.id) === true;
    return {
      node: node.id,
      state: isUp ? 'up' : pid !== undefined ? 'starting' : process.hasDied ? 'dead' : 'down',
      pid: pid ?? null,
      quorum:
        seen === undefined
          ? null
          : seen.leader === node.id
            ? 'leader'
            : seen.voters.has(node.id)
              ? 'voter'
              : null,
      leads: seen === undefined ? null : (seen.leads.get(node.id) ?? 0),
      behind: seen === undefined ? null : (seen.behind.get(node.id) ?? 0),
      internal: `127.0.0.1:${node.internalPort}`,
      external: `${cluster.plan.host}:${node.externalPort}`,
      log: process.logPath,
    };
  });
}

async function seenBy(kafka: Kafka): Promise<Seen> {
  await using admin = kafka.admin();
  const [{ brokers }, quorum, topics] = await Promise.all([
    admin.describeCluster(),
    admin.describeQuorum(),
    admin.listTopics({ internal: true }),
  ]);
  const leads = new Map<number, number>();
  const behind = new Map<number, number>();
  const count = (counts: Map<number, number>, id: number): void =>
    void counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const { leader, replicas, isr } of topics.flatMap(({ partitions }) => partitions)) {
    if (leader >= 0) count(leads, leader);
    for (const id of replicas) if (!isr.includes(id)) count(behind, id);
  }
  return {
    brokers: new Set(brokers.map(({ nodeId }) => nodeId)),
    leader: quorum.leaderId,
    voters: new Set(quorum.voters.map(({ nodeId }) => nodeId)),
    leads,
    behind,
  };
}
