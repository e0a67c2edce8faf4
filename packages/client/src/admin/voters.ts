// Who is of the cluster: adds and removes voters of its quorum (KIP-853), and has it forget a broker that is gone (KIP-631).

import { UnregisterBroker } from '@klamm/protocol/api/64-unregister-broker';
import { AddRaftVoter } from '@klamm/protocol/api/80-add-raft-voter';
import { RemoveRaftVoter } from '@klamm/protocol/api/81-remove-raft-voter';
import type { Cluster } from '../cluster.ts';
import { askController, CONTROLLER_TIMEOUT_MS } from './controller-requests.ts';

export interface Voter {
  readonly nodeId: number;
  /** Of its metadata log: `directory.id` of meta.properties; `describeQuorum` tells it of observers too. */
  readonly directoryId: string;
}

export interface NewVoter extends Voter {
  /** Where it takes connections of other controllers, by the names in controller.listener.names. */
  readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[];
}

/** An answer that is lost is not asked for again: the next look at the quorum tells. */
export async function addVoter(cluster: Cluster, voter: NewVoter): Promise<void> {
  const { nodeId: voterId, directoryId: voterDirectoryId, listeners } = voter;
  const timeoutMs = CONTROLLER_TIMEOUT_MS;
  await askController(
    cluster,
    AddRaftVoter,
    { clusterId: null, timeoutMs, voterId, voterDirectoryId, listeners },
    `Node ${voterId} was not added to the voters`,
    { once: true, timeoutMs: timeoutMs + cluster.settings.requestTimeoutMs },
  );
}

export async function removeVoter(cluster: Cluster, voter: Voter): Promise<void> {
  const { nodeId: voterId, directoryId: voterDirectoryId } = voter;
  await askController(
    cluster,
    RemoveRaftVoter,
    { clusterId: null, voterId, voterDirectoryId },
    `Node ${voterId} was not taken out of the voters`,
    { once: true },
  );
}

export async function unregisterBroker(cluster: Cluster, brokerId: number): Promise<void> {
  await askController(cluster, UnregisterBroker, { brokerId }, `Broker ${brokerId} was not unregistered`);
}
