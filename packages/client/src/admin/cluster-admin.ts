// The administrator's calls for a cluster of several nodes: its quorum and brokers, its features, and where partitions lie
// and who leads them. `Admin` has them with all others; of programs nobody makes one of these by itself.

import type { KlammError } from '@klamm/base/errors';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { type Election, type ElectLeadersOptions, electLeaders } from './elections.ts';
import { describeFeatures, type Feature, type FeatureUpdate, updateFeatures } from './features.ts';
import { alterReplicaLogDirs, describeLogDirs, type LogDir, type ReplicaPlace } from './log-dirs.ts';
import { describeQuorum, type QuorumDescription } from './quorum.ts';
import {
  cancelReassignments,
  listReassignments,
  type PartitionReassignment,
  type PartitionReplicas,
  type ReassignOptions,
  reassignPartitions,
} from './reassignments.ts';
import { addVoter, type NewVoter, removeVoter, unregisterBroker, type Voter } from './voters.ts';

export class ClusterAdmin {
  readonly #cluster: Cluster;

  protected constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Who leads the quorum of controllers, who votes in it, and how far each is. */
  describeQuorum(): Promise<QuorumDescription> {
    return describeQuorum(this.#cluster);
  }

  /** Adds a controller that follows the quorum to its voters. Throws UNSUPPORTED_VERSION where voters are fixed. */
  addVoter(voter: NewVoter): Promise<void> {
    return addVoter(this.#cluster, voter);
  }

  /** Throws VOTER_NOT_FOUND; UNSUPPORTED_VERSION where voters are fixed. */
  removeVoter(voter: Voter): Promise<void> {
    return removeVoter(this.#cluster, voter);
  }

  /** Has the cluster forget a broker that is gone for good. Throws BROKER_ID_NOT_REGISTERED. */
  unregisterBroker(brokerId: number): Promise<void> {
    return unregisterBroker(this.#cluster, brokerId);
  }

  describeFeatures(): Promise<Feature[]> {
    return describeFeatures(this.#cluster);
  }

  /** Takes features to other levels, all or none. Throws INVALID_UPDATE_VERSION. */
  updateFeatures(
    updates: readonly FeatureUpdate[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    return updateFeatures(this.#cluster, updates, options.validateOnly ?? false);
  }

  /**
   * Has leaders elected: the preferred ones, where others lead. Resolves with what became of each partition; of all
   * partitions, when none are named, those that needed no election are left out.
   */
  electLeaders(options: ElectLeadersOptions = {}): Promise<Election[]> {
    return electLeaders(this.#cluster, options);
  }

  /**
   * Moves partitions to these brokers, the preferred leader first. Resolves when the move has begun; what is under way
   * `listReassignments` tells. Throws INVALID_REPLICA_ASSIGNMENT, UNKNOWN_TOPIC_OR_PARTITION.
   */
  reassignPartitions(partitions: readonly PartitionReplicas[], options: ReassignOptions = {}): Promise<void> {
    return reassignPartitions(this.#cluster, partitions, options);
  }

  /** Takes back moves that are under way. Throws NO_REASSIGNMENT_IN_PROGRESS. */
  cancelReassignments(partitions: readonly TopicPartition[], options: ReassignOptions = {}): Promise<void> {
    return cancelReassignments(this.#cluster, partitions, options);
  }

  /** The moves that are under way: all, or those of these partitions. */
  listReassignments(partitions?: readonly TopicPartition[]): Promise<PartitionReassignment[]> {
    return listReassignments(this.#cluster, partitions);
  }

  /** What lies in the log directories of all brokers, or of these; by broker, the error where one did not tell. */
  describeLogDirs(nodeIds?: readonly number[]): Promise<Map<number, LogDir[] | KlammError>> {
    return describeLogDirs(this.#cluster, nodeIds);
  }

  /** Moves replicas to other log directories of their brokers. Throws LOG_DIR_NOT_FOUND. */
  alterReplicaLogDirs(places: readonly ReplicaPlace[]): Promise<void> {
    return alterReplicaLogDirs(this.#cluster, places);
  }
}
