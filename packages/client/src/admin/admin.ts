// The administrator's calls: topics, their settings, their offsets, groups, transactions, and the cluster itself.

import type { KlammError } from '@klamm/base/errors';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster, ClusterMetadata } from '../cluster.ts';
import type { StartPosition } from '../consumer/options.ts';
import type { CommittedOffset, OffsetToCommit } from '../group/offset-requests.ts';
import type { TopicMetadata } from '../metadata-cache.ts';
import { type Acl, type AclFilter, createAcls, deleteAcls, describeAcls, type NewAcl } from './acls.ts';
import { ClusterAdmin } from './cluster-admin.ts';
import { alterConfigs, type ConfigEntry, type ConfigResource, describeConfigs } from './configs.ts';
import { deleteGroupOffsets, groupOffsets, setGroupOffsets } from './group-offsets.ts';
import {
  deleteGroup,
  describeGroup,
  type GroupDescription,
  type GroupListing,
  type ListGroupsOptions,
  listGroups,
  removeMembers,
} from './groups.ts';
import { deleteGroups, describeGroups } from './groups-several.ts';
import {
  alterQuotas,
  describeQuotas,
  type QuotaAlteration,
  type QuotaDescription,
  type QuotaFilter,
} from './quotas.ts';
import { deleteRecords, listOffsets } from './records.ts';
import {
  type CreateTokenOptions,
  createToken,
  type DelegationToken,
  describeTokens,
  expireToken,
  renewToken,
} from './tokens.ts';
import {
  type ChangeOptions,
  createPartitions,
  createTopics,
  deleteTopics,
  describeTopics,
  type NewTopic,
} from './topics.ts';
import {
  describeTransaction,
  describeTransactions,
  type FencedProducer,
  type FenceProducersOptions,
  fenceProducers,
  type ListTransactionsOptions,
  listTransactions,
  type TransactionDescription,
  type TransactionListing,
} from './transactions.ts';
import {
  type FindHangingOptions,
  findHangingTransactions,
  type HangingTransaction,
} from './transactions-hanging.ts';
import {
  type AbortTransactionSpec,
  abortTransaction,
  describeProducers,
  type PartitionProducers,
} from './transactions-producers.ts';
import {
  alterUsers,
  deleteUser,
  describeUsers,
  type ScramMechanism,
  type UserCredential,
  type UserDescription,
} from './users.ts';

/** Every call throws KlammError: with Kafka's code where the broker refused, NETWORK_EXCEPTION where it is not there. */
export class Admin extends ClusterAdmin implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #release: () => void;

  /** Use `kafka.admin()`. */
  constructor(cluster: Cluster) {
    super(cluster);
    this.#cluster = cluster;
    this.#release = cluster.use();
  }

  /** All topics, by name. Kafka's own (`__consumer_offsets`) only with `internal: true`. */
  async listTopics(options: { readonly internal?: boolean } = {}): Promise<TopicMetadata[]> {
    const { topics } = await this.#cluster.listTopics(null);
    return topics
      .filter(({ isInternal }) => options.internal === true || !isInternal)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async topicExists(name: string): Promise<boolean> {
    const { topics } = await this.#cluster.listTopics([name]);
    return topics.length > 0;
  }

  /** Creates a topic; throws TOPIC_ALREADY_EXISTS where it is there. */
  createTopic(topic: string | NewTopic, options: ChangeOptions = {}): Promise<void> {
    return createTopics(this.#cluster, [typeof topic === 'string' ? { name: topic } : topic], options);
  }

  createTopics(topics: readonly NewTopic[], options: ChangeOptions = {}): Promise<void> {
    return createTopics(this.#cluster, topics, options);
  }

  async describeTopic(name: string): Promise<TopicMetadata> {
    const [topic] = await describeTopics(this.#cluster, [name]);
    return topic as TopicMetadata;
  }

  describeTopics(names: readonly string[]): Promise<TopicMetadata[]> {
    return describeTopics(this.#cluster, names);
  }

  deleteTopic(name: string): Promise<void> {
    return deleteTopics(this.#cluster, [name]);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return deleteTopics(this.#cluster, names);
  }

  /** Gives the topic `count` partitions in all. Keys move: the partition of a key depends on the count. */
  createPartitions(topic: string, count: number, options: ChangeOptions = {}): Promise<void> {
    return createPartitions(this.#cluster, topic, count, options);
  }

  /** @param names only these settings; default all */
  describeConfigs(resource: ConfigResource, names?: readonly string[]): Promise<ConfigEntry[]> {
    return describeConfigs(this.#cluster, resource, names ?? null);
  }

  /** Sets the given settings and leaves the others; null takes one back to its default. */
  alterConfigs(
    resource: ConfigResource,
    changes: Readonly<Record<string, string | number | boolean | null>>,
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    return alterConfigs(this.#cluster, resource, changes, options.validateOnly ?? false);
  }

  /** Deletes the records before an offset of each partition; resolves with the partitions' first offsets. */
  deleteRecords(
    topic: string,
    before: Readonly<Record<number, number | 'latest'>>,
  ): Promise<Map<number, number>> {
    return deleteRecords(this.#cluster, topic, before);
  }

  /** Offsets by partition: of the first record, of the next one to be written, or of a time. */
  listOffsets(
    topic: string,
    position: Exclude<StartPosition, number>,
    options: { readonly partitions?: readonly number[]; readonly readCommitted?: boolean } = {},
  ): Promise<Map<number, number>> {
    return listOffsets(this.#cluster, topic, position, options);
  }

  /** Groups of every kind, on all brokers. */
  listGroups(options: ListGroupsOptions = {}): Promise<GroupListing[]> {
    return listGroups(this.#cluster, options);
  }

  /** A group of consumers, whichever protocol it speaks. Throws GROUP_ID_NOT_FOUND. */
  describeGroup(groupId: string): Promise<GroupDescription> {
    return describeGroup(this.#cluster, groupId);
  }

  /** Deletes a group without members, and its offsets. Throws NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
  deleteGroup(groupId: string): Promise<void> {
    return deleteGroup(this.#cluster, groupId);
  }

  /** Several groups at once, by id: each as `describeGroup` has it, or the error that it would throw. */
  describeGroups(groupIds: readonly string[]): Promise<Map<string, GroupDescription | KlammError>> {
    return describeGroups(this.#cluster, groupIds);
  }

  /** Deletes several groups at once; by id, the error with which one was not deleted, or undefined. */
  deleteGroups(groupIds: readonly string[]): Promise<Map<string, KlammError | undefined>> {
    return deleteGroups(this.#cluster, groupIds);
  }

  /** Takes members out of a group, by member id or instance id. Those that still run join again. */
  removeMembers(
    groupId: string,
    members: readonly { readonly memberId?: string; readonly instanceId?: string }[],
    options: { readonly reason?: string } = {},
  ): Promise<void> {
    return removeMembers(this.#cluster, groupId, members, options.reason ?? 'removed by an administrator');
  }

  /** Every offset that a group has committed. A group that is not there has none. */
  groupOffsets(groupId: string): Promise<CommittedOffset[]> {
    return groupOffsets(this.#cluster, groupId);
  }

  /** Sets committed offsets of a group that nobody uses. Throws NON_EMPTY_GROUP, naming the members. */
  setGroupOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    return setGroupOffsets(this.#cluster, groupId, offsets);
  }

  /** Removes committed offsets of partitions that no member reads. Throws NON_EMPTY_GROUP, naming the members. */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return deleteGroupOffsets(this.#cluster, groupId, partitions);
  }

  /** Transactional ids on all brokers, by id, with where their transactions stand. */
  listTransactions(options: ListTransactionsOptions = {}): Promise<TransactionListing[]> {
    return listTransactions(this.#cluster, options);
  }

  /** Where the transaction of a transactional id stands. Throws TRANSACTIONAL_ID_NOT_FOUND. */
  describeTransaction(transactionalId: string): Promise<TransactionDescription> {
    return describeTransaction(this.#cluster, transactionalId);
  }

  /** The same of several, by transactional id; those that are not there are left out. */
  describeTransactions(transactionalIds: readonly string[]): Promise<Map<string, TransactionDescription>> {
    return describeTransactions(this.#cluster, transactionalIds);
  }

  /** The producers that each partition knows, and their open transactions. Throws INVALID_PARTITIONS. */
  describeProducers(partitions: readonly TopicPartition[]): Promise<PartitionProducers[]> {
    return describeProducers(this.#cluster, partitions);
  }

  /**
   * Transactions that are open in a partition and that no coordinator will end. Readers of committed records wait for
   * them; `abortTransaction` ends each.
   */
  findHangingTransactions(options: FindHangingOptions = {}): Promise<HangingTransaction[]> {
    return findHangingTransactions(this.#cluster, options);
  }

  /**
   * Aborts a producer's transaction in one partition, behind its coordinator's back: for hanging ones. Of a transaction
   * that its coordinator knows, other partitions may still be committed; `fenceProducers` aborts the whole of it.
   *
   * Throws INVALID_PRODUCER_EPOCH and TRANSACTION_COORDINATOR_FENCED where the partition has seen a later epoch.
   */
  abortTransaction(spec: AbortTransactionSpec): Promise<void> {
    return abortTransaction(this.#cluster, spec);
  }

  /**
   * Fences off the producers of transactional ids: an open transaction is aborted, and whatever they do next fails. Also
   * makes an id that was not there. Resolves with the ids and epochs that fence them.
   */
  fenceProducers(
    transactionalIds: readonly string[],
    options: FenceProducersOptions = {},
  ): Promise<Map<string, FencedProducer>> {
    return fenceProducers(this.#cluster, transactionalIds, options);
  }

  /** Aborts the open transaction of a transactional id, a prepared one too (KIP-939), by fencing its producer off. */
  async forceTerminateTransaction(transactionalId: string): Promise<void> {
    await fenceProducers(this.#cluster, [transactionalId], {});
  }

  /** Adds ACLs; one that is there already is no failure. Throws SECURITY_DISABLED where there is no authorizer. */
  createAcls(acls: readonly NewAcl[]): Promise<void> {
    return createAcls(this.#cluster, acls);
  }

  /** The ACLs that a filter matches; by default all. */
  describeAcls(filter: AclFilter = {}): Promise<Acl[]> {
    return describeAcls(this.#cluster, filter);
  }

  /** Deletes every ACL that one of the filters matches, and resolves with them. `{}` matches all there are. */
  deleteAcls(filters: readonly AclFilter[]): Promise<Acl[]> {
    return deleteAcls(this.#cluster, filters);
  }

  /** Quotas of those that a filter matches; by default all. */
  describeQuotas(filter: QuotaFilter = {}): Promise<QuotaDescription[]> {
    return describeQuotas(this.#cluster, filter);
  }

  /** Sets and removes quotas. Throws INVALID_REQUEST for an entity or a quota that there cannot be. */
  alterQuotas(alterations: readonly QuotaAlteration[]): Promise<void> {
    return alterQuotas(this.#cluster, alterations);
  }

  /** Users that can log in by SCRAM; `names`: only these. Throws RESOURCE_NOT_FOUND where a named one is not there. */
  describeUsers(names?: readonly string[]): Promise<UserDescription[]> {
    return describeUsers(this.#cluster, names ?? null);
  }

  /** Gives users passwords, new users included, one for each mechanism. The password itself is never sent. */
  setUserPasswords(credentials: readonly UserCredential[]): Promise<void> {
    return alterUsers(this.#cluster, credentials, []);
  }

  /** Takes a user's password away: of these mechanisms, or of all. Connections that are logged in stay so. */
  deleteUser(name: string, mechanisms?: readonly ScramMechanism[]): Promise<void> {
    return deleteUser(this.#cluster, name, mechanisms);
  }

  /** Makes a delegation token. Throws DELEGATION_TOKEN_AUTH_DISABLED where the brokers have no secret for them. */
  createToken(options: CreateTokenOptions = {}): Promise<DelegationToken> {
    return createToken(this.#cluster, options);
  }

  /**
   * Puts off when a token expires, by the broker's delegation.token.expiry.time.ms or `renewPeriodMs`. Resolves with
   * when that is now, in ms since 1970.
   */
  renewToken(hmac: Buffer, renewPeriodMs?: number): Promise<number> {
    return renewToken(this.#cluster, hmac, renewPeriodMs);
  }

  /** Ends a token at once, or `afterMs` from now. Resolves with when it expires, in ms since 1970. */
  expireToken(hmac: Buffer, afterMs?: number): Promise<number> {
    return expireToken(this.#cluster, hmac, afterMs);
  }

  /** The tokens of these owners (`User:alice`), or all that the caller may see. */
  describeTokens(owners?: readonly string[]): Promise<DelegationToken[]> {
    return describeTokens(this.#cluster, owners ?? null);
  }

  async describeCluster(): Promise<ClusterMetadata> {
    const { cluster } = await this.#cluster.listTopics([]);
    return cluster;
  }

  async close(): Promise<void> {
    this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
