// What the client shows to programs.

export { KlammError } from '@klamm/base/errors';
export type { LogFields, Logger } from '@klamm/base/logger';
export { lineLogger } from '@klamm/base/logger';
export { ErrorCode } from '@klamm/protocol/error-codes';
export type { Assignor, AssignorMember, MemberHistory } from '@klamm/protocol/groups/assignors/assignor';
export type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
export type { HeaderInput } from '@klamm/protocol/records/builder';
export type { RecordHeader } from '@klamm/protocol/records/record';
export type {
  AclOperation,
  AclPatternType,
  AclPermission,
  AclResourceType,
} from './admin/acl-names.ts';
export type { Acl, AclFilter, NewAcl } from './admin/acls.ts';
export type { Admin } from './admin/admin.ts';
export type { ConfigEntry, ConfigResource, ConfigSource } from './admin/configs.ts';
export type { Election, ElectLeadersOptions } from './admin/elections.ts';
export type { Feature, FeatureUpdate } from './admin/features.ts';
export type { GroupDescription, GroupListing, GroupMember, ListGroupsOptions } from './admin/groups.ts';
export type { LogDir, LogDirReplica, ReplicaPlace } from './admin/log-dirs.ts';
export type { QuorumDescription, QuorumReplica } from './admin/quorum.ts';
export type {
  QuotaAlteration,
  QuotaDescription,
  QuotaEntity,
  QuotaFilter,
  QuotaName,
} from './admin/quotas.ts';
export type { PartitionReassignment, PartitionReplicas, ReassignOptions } from './admin/reassignments.ts';
export type { CreateTokenOptions, DelegationToken } from './admin/tokens.ts';
export type { ChangeOptions, NewTopic } from './admin/topics.ts';
export type {
  FencedProducer,
  FenceProducersOptions,
  ListTransactionsOptions,
  TransactionDescription,
  TransactionListing,
  TransactionState,
} from './admin/transactions.ts';
export type { FindHangingOptions, HangingTransaction } from './admin/transactions-hanging.ts';
export type {
  AbortTransactionSpec,
  PartitionProducers,
  ProducerState,
} from './admin/transactions-producers.ts';
export type { ScramMechanism, UserCredential, UserDescription } from './admin/users.ts';
export type { NewVoter, Voter } from './admin/voters.ts';
export { type Bytes, json, type Serde, type StandardSchema, schema, text } from './bytes.ts';
export { Kafka } from './client.ts';
export type { ClusterMetadata } from './cluster.ts';
export type { MessageBatch, PartitionConsumer } from './consumer/consumer.ts';
export type { Message } from './consumer/message.ts';
export type { ConsumeOptions, OutOfRangePolicy, StartPosition } from './consumer/options.ts';
export type { ConsumerGroupMetadata } from './group/consumer-group-metadata.ts';
export type { GroupBatch, GroupConsumer } from './group/group-consumer.ts';
export type {
  CommitEvent,
  GroupNotice,
  GroupNoticeType,
  PartitionsEvent,
  PollTimeoutEvent,
} from './group/group-events.ts';
export type { GroupMessage } from './group/group-message.ts';
export type { GroupEvent, GroupEventType } from './group/membership/membership.ts';
export type { CommittedOffset, OffsetToCommit } from './group/offset-requests.ts';
export type { GroupOptions, OffsetReset } from './group/options.ts';
export type { Claim, GroupHandler, Session } from './group/session.ts';
export type { PartitionMetadata, TopicMetadata } from './metadata-cache.ts';
export type { DnsLookup, KafkaOptions, MetadataRecovery } from './options.ts';
export type { ProducerMessage, ProducerOptions, RecordMetadata } from './producer/options.ts';
export type { DeliveryOutcome } from './producer/outcomes.ts';
export { type Partitioner, type PartitionerInput, partitionOfKey } from './producer/partitioner.ts';
export type { Producer } from './producer/producer.ts';
export type { Transaction } from './producer/transactions/transaction.ts';
export { type ClientProperties, clientOptionsFromProperties } from './security/client-properties.ts';
export type { BearerToken, SaslOptions, StoreOptions, TlsOptions } from './security/options.ts';
export type { TransformOptions } from './transform/options.ts';
export type { Transform } from './transform/transform.ts';
