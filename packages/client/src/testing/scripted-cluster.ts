// Several scripted brokers that make up a cluster for tests: one topic, `t`, of which a test says who leads which
// partition, and which brokers the cluster counts on. Each tells of the cluster as it is, unless a test has one tell otherwise.

import type { Clock } from '@klamm/base/clock';
import { systemClock } from '@klamm/base/clock';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { recordsOf } from '@klamm/protocol/records/record';
import type { Encodable } from '@klamm/protocol/schema/fields';
import { ScriptedBroker, TOPIC_ID } from '../network/scripted-broker.ts';

interface Led {
  leader: number;
  epoch: number;
}

type Answer = Encodable<(typeof Metadata)['response']['fields']>;
type PartitionAnswer = NonNullable<
  NonNullable<Encodable<(typeof Produce)['response']['fields']>['responses']>[number]['partitionResponses']
>[number];

export class ScriptedCluster implements AsyncDisposable {
  /** By node id, from 1; 0 is nobody. */
  readonly nodes: ScriptedBroker[] = [];
  /** Who leads each partition. */
  readonly led: Led[] = [];
  /** Nodes that the cluster counts on. */
  readonly up = new Set<number>();
  /** What was appended: the node, the partition and the value. */
  readonly log: string[] = [];

  static async start(nodes: number, leaders: readonly number[]): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster();
    for (let id = 1; id <= nodes; id++) {
      const node = await ScriptedBroker.start();
      cluster.nodes[id] = node;
      cluster.up.add(id);
      node.on(Metadata, () => cluster.metadata());
    }
    cluster.led.push(...leaders.map((leader) => ({ leader, epoch: 1 })));
    return cluster;
  }

  node(id: number): ScriptedBroker {
    const node = this.nodes[id];
    if (node === undefined) throw new Error(`There is no node ${id}.`);
    return node;
  }

  get bootstrap(): string[] {
    return this.nodes.filter((node) => node !== undefined).map(({ bootstrap }) => bootstrap);
  }

  /** Has another node lead a partition, in the next epoch. */
  elect(leader: number, partition = 0): void {
    const led = this.led[partition];
    if (led !== undefined) this.led[partition] = { leader, epoch: led.epoch + 1 };
  }

  /** The cluster as it is. */
  metadata(): Answer {
    return {
      brokers: [...this.up].map((nodeId) => ({ nodeId, host: '127.0.0.1', port: this.node(nodeId).port })),
      clusterId: 'scripted',
      controllerId: 1,
      topics: [
        {
          name: 't',
          topicId: TOPIC_ID,
          partitions: this.led.map(({ leader, epoch }, partitionIndex) => ({
            partitionIndex,
            leaderId: leader,
            leaderEpoch: epoch,
          })),
        },
      ],
    };
  }

  /** Has a node take batches of the partitions that it leads; of others it says who does where `tells`. */
  produces(id: number, tells = false): void {
    this.node(id).on(Produce, ({ topicData }) => {
      const answers = (topicData[0]?.partitionData ?? []).map(({ index, records }): PartitionAnswer => {
        const { leader = -1, epoch = -1 } = this.led[index] ?? {};
        if (leader !== id) {
          const errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER;
          const currentLeader = tells ? { leaderId: leader, leaderEpoch: epoch } : {};
          return { index, errorCode, baseOffset: -1, currentLeader };
        }
        const baseOffset = this.log.length;
        for (const { value } of recordsOf(records ?? Buffer.alloc(0), 0)) {
          this.log.push(`${id}/${index}: ${value}`);
        }
        return { index, errorCode: 0, baseOffset };
      });
      return {
        responses: [{ name: 't', topicId: TOPIC_ID, partitionResponses: answers }],
        nodeEndpoints: tells ? this.#endpoints() : [],
      };
    });
  }

  /** Has a node answer fetches of the partitions that it leads with `records`; of others it says who does. */
  fetches(id: number, records: (partition: number, offset: number) => Buffer | null): void {
    this.node(id).on(Fetch, ({ topics }) => ({
      responses: topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition, fetchOffset }) => {
          const { leader = -1, epoch = -1 } = this.led[partition] ?? {};
          const isLed = leader === id;
          return {
            partitionIndex: partition,
            errorCode: isLed ? 0 : ErrorCode.NOT_LEADER_OR_FOLLOWER,
            highWatermark: 100,
            currentLeader: isLed ? {} : { leaderId: leader, leaderEpoch: epoch },
            records: isLed ? records(partition, fetchOffset) : null,
          };
        }),
      })),
      nodeEndpoints: this.#endpoints(),
    }));
  }

  #endpoints(): { nodeId: number; host: string; port: number }[] {
    return [...this.up].map((nodeId) => ({ nodeId, host: '127.0.0.1', port: this.node(nodeId).port }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) await node?.[Symbol.asyncDispose]();
  }
}

const SPEED = 10;

/** Ten times as fast as the others: what a client waits a second for is waited for a tenth of it. */
export const FAST_CLOCK: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * SPEED,
  after: (delayMs, callback, hold) => systemClock.after(delayMs / SPEED, callback, hold),
  every: (intervalMs, callback) => systemClock.every(intervalMs / SPEED, callback),
};
