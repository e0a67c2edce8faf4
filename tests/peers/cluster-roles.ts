// Who has which part in a cluster of Apache Kafka, asked of its nodes that answer, over a listener without a login.

import { setTimeout as wait } from 'node:timers/promises';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { DescribeQuorum } from '@klamm/protocol/api/55-describe-quorum';

const QUORUM = '__cluster_metadata';
const WITHIN_MS = 60_000;

export abstract class ClusterRoles {
  /** Ports of 127.0.0.1 where nodes should answer. */
  protected abstract get answering(): readonly number[];
  /** How many nodes there are, down ones too. */
  protected abstract get size(): number;

  /** The node whose controller is the active one. */
  controller(): Promise<number> {
    return this.#ask(async (client) => {
      const body = { topics: [{ topicName: QUORUM, partitions: [{ partitionIndex: 0 }] }] };
      const { topics } = await client.request(DescribeQuorum, 1, body);
      return topics[0]?.partitions[0]?.leaderId;
    });
  }

  /** The node that leads a partition. */
  leader(topic: string, partition: number): Promise<number> {
    return this.#ask(async (client) => {
      const { topics } = await client.request(Metadata, 12, { topics: [{ name: topic }] });
      return topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId;
    });
  }

  /** The node that coordinates a group (0), or a transactional id (1). */
  coordinator(key: string, keyType: 0 | 1): Promise<number> {
    return this.#ask(async (client) => {
      const { coordinators } = await client.request(FindCoordinator, 4, { keyType, coordinatorKeys: [key] });
      return coordinators[0]?.errorCode === 0 ? coordinators[0].nodeId : undefined;
    });
  }

  /** Resolves when every node is there, and every replica of every partition is in sync. */
  async whole(): Promise<void> {
    await this.#ask(async (client) => {
      const { brokers, topics } = await client.request(Metadata, 12, { topics: null });
      const partitions = topics.flatMap((topic) => topic.partitions);
      const isWhole = partitions.every(({ replicaNodes, isrNodes, leaderId }) => {
        return leaderId >= 0 && isrNodes.length === replicaNodes.length;
      });
      return brokers.length === this.size && isWhole ? 1 : undefined;
    });
  }

  /** Asks nodes that answer, until one gives a node's id. */
  async #ask(question: (client: RawClient) => Promise<number | undefined>): Promise<number> {
    const deadline = performance.now() + WITHIN_MS;
    for (let turn = 0; performance.now() < deadline; turn++) {
      const ports = this.answering;
      const port = ports[turn % ports.length];
      const client =
        port === undefined ? undefined : await RawClient.open('127.0.0.1', port).catch(() => undefined);
      const answer = client && (await question(client).catch(() => undefined));
      client?.close();
      if (answer !== undefined && answer >= 0) return answer;
      await wait(100);
    }
    throw new Error(`The cluster has not told within ${WITHIN_MS} ms.`);
  }
}
