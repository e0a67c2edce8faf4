// A scripted broker that coordinates the group `g`, as far as a test says how.

import { Metadata } from '@klamm/protocol/api/03-metadata';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import type { Api } from '@klamm/protocol/schema/message';
import { ScriptedBroker } from '../../../network/scripted-broker.ts';

const APIS: readonly Api[] = [
  Metadata,
  FindCoordinator,
  JoinGroup,
  Heartbeat,
  LeaveGroup,
  SyncGroup,
  ApiVersions,
  ConsumerGroupHeartbeat,
] as never[];

/** The id of the topic with that name: the name itself, padded. */
export function idOf(topic: string): string {
  return Buffer.from(topic.padEnd(16, '.')).toString('base64url');
}

export interface ScriptedGroup extends ScriptedBroker {
  /** Partitions by topic; a test may change it. */
  readonly topics: Map<string, number>;
}

/** Knows the topic `t` with four partitions. `without`: APIs it does not offer. */
export async function startScriptedGroup(without: readonly number[] = []): Promise<ScriptedGroup> {
  const broker = await ScriptedBroker.start();
  const topics = new Map([['t', 4]]);
  broker.on(ApiVersions, () => ({
    apiKeys: APIS.filter(({ key }) => !without.includes(key)).map(({ key, versions }) => {
      return { apiKey: key, minVersion: versions[0], maxVersion: versions[1] };
    }),
  }));
  const tell = (name: string | null) => {
    const count = topics.get(name ?? '');
    if (count === undefined) return { errorCode: 3, name };
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      leaderId: 1,
    }));
    return { name, topicId: idOf(name ?? ''), partitions };
  };
  broker.on(Metadata, ({ topics: asked }) => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
    topics:
      asked === null
        ? [...topics.keys()].map(tell)
        : asked.map(({ name, topicId }) => {
            if (name !== null) return tell(name);
            const known = [...topics.keys()].find((topic) => idOf(topic) === topicId);
            return known === undefined ? { errorCode: 100, name: null, topicId } : tell(known);
          }),
  }));
  broker.on(FindCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: '127.0.0.1', port: broker.port })),
  }));
  return Object.assign(broker, { topics });
}
