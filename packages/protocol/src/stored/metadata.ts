// The records of the metadata log, `__cluster_metadata-0`: what the cluster consists of, as a list of changes
// (KIP-631). They lie in the log in the frame of metadata-frame.ts. Versions follow the feature metadata.version
// (KIP-778). Records of ZooKeeper's time are read, never written.

import {
  array,
  boolean,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  tagged,
  uint16,
  uuid,
} from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** A broker registered, as it does with each start. */
export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  versions: [0, 4],
  flexibleFrom: 0,
  fields: {
    /** Id of the broker. */
    brokerId: int32(),
    /** Whether the broker was migrating from ZooKeeper; never in Kafka 4. */
    isMigratingZkBroker: since(2, boolean()),
    /** Id of this run of the process. */
    incarnationId: uuid(),
    /** Epoch the controller gave the broker when it registered. */
    brokerEpoch: int64(),
    /** Where it can be reached, by listener. */
    endPoints: array({
      /** Name of the listener. */
      name: string(),
      /** Name or address to connect to. */
      host: string(),
      /** TCP port to connect to. */
      port: uint16(),
      /** Security by number: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
      securityProtocol: int16(),
    }),
    /** The feature levels it supports. */
    features: array({
      /** Name of the feature, such as "metadata.version". */
      name: string(),
      /** Lowest level that is supported. */
      minSupportedVersion: int16(),
      /** Highest level that is supported. */
      maxSupportedVersion: int16(),
    }),
    /** Rack the node stands in; null where none is configured. */
    rack: nullable(string()),
    /** Whether the broker is fenced, so that it leads nothing. */
    fenced: boolean(true),
    /** Whether the broker is shutting down in an orderly way. */
    inControlledShutdown: since(1, boolean()),
    /** Ids of the log directories in service (KIP-858). */
    logDirs: tagged(0, 3, array(uuid())),
    /** Ids of the log directories that take no new partitions; null where they are not told (KIP-1066). */
    cordonedLogDirs: tagged(1, 4, optional(array(uuid()))),
  },
});

/** A broker is forgotten. */
export const UnregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Id of the broker. */
    brokerId: int32(),
    /** Epoch the controller gave the broker when it registered. */
    brokerEpoch: int64(),
  },
});

/** A topic was created; its partitions follow. */
export const TopicRecord = message({
  name: 'TopicRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Name of the topic. */
    name: string(),
    /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
    topicId: uuid(),
  },
});

/** A partition was created, or is told whole in a snapshot. */
export const PartitionRecord = message({
  name: 'PartitionRecord',
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    /** Number of the partition, from 0. */
    partitionId: int32(-1),
    /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
    topicId: uuid(),
    /** Broker ids of the replicas, the preferred leader first. */
    replicas: array(int32()),
    /** Broker ids of the replicas that are in sync. */
    isr: array(int32()),
    /** Brokers that are to cease being replicas. */
    removingReplicas: array(int32()),
    /** Brokers that are becoming replicas. */
    addingReplicas: array(int32()),
    /** Broker id of the leader; -1 for none. */
    leader: int32(-1),
    /** 1 while the partition recovers from an unclean election, else 0 (KIP-704). */
    leaderRecoveryState: tagged(0, 0, int8()),
    /** Epoch of the leader, which grows with each election. */
    leaderEpoch: int32(-1),
    /** Grows with each change of the partition. */
    partitionEpoch: int32(-1),
    /** Id of the log directory of each replica, in the order of `replicas` (KIP-858). */
    directories: since(1, array(uuid())),
    /** Brokers that may lead although they are not in sync; null for none (KIP-966). */
    eligibleLeaderReplicas: tagged(1, 2, optional(array(int32()))),
    /** The last brokers that could have led; null for none (KIP-966). */
    lastKnownElr: tagged(2, 2, optional(array(int32()))),
  },
});

/** A setting of a resource changed. */
export const ConfigRecord = message({
  name: 'ConfigRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Kind of resource, by number: 2 topic, 4 broker, 16 client metrics, 32 group. */
    resourceType: int8(),
    /** Name of the resource. */
    resourceName: string(),
    /** Name of the setting. */
    name: string(),
    /** Value of the setting; null removes it. */
    value: nullable(string()),
  },
});

/** Some of a partition changed. */
export const PartitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    /** Number of the partition, from 0. */
    partitionId: int32(-1),
    /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
    topicId: uuid(),
    /** The in-sync replicas from now on; null for unchanged. */
    isr: tagged(0, 0, optional(array(int32()))),
    /** The leader from now on: -1 for none, -2 for unchanged. */
    leader: tagged(1, 0, int32(-2)),
    /** The replicas from now on; null for unchanged. */
    replicas: tagged(2, 0, optional(array(int32()))),
    /** Brokers that are to cease being replicas; null for unchanged. */
    removingReplicas: tagged(3, 0, optional(array(int32()))),
    /** Brokers that are becoming replicas; null for unchanged. */
    addingReplicas: tagged(4, 0, optional(array(int32()))),
    /** 0 recovered, 1 recovering from an unclean election, -1 for unchanged (KIP-704). */
    leaderRecoveryState: tagged(5, 0, int8(-1)),
    /** Log directory of each replica from now on; null for unchanged (KIP-858). */
    directories: tagged(8, 1, optional(array(uuid()))),
    /** Brokers that may lead although not in sync; null for unchanged (KIP-966). */
    eligibleLeaderReplicas: tagged(6, 2, optional(array(int32()))),
    /** The last brokers that could have led; null for unchanged (KIP-966). */
    lastKnownElr: tagged(7, 2, optional(array(int32()))),
  },
});

/** A broker was fenced. Written by early previews only. */
export const FenceBrokerRecord = message({
  name: 'FenceBrokerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Id of the broker to fence. */
    id: int32(),
    /** Epoch of the broker. */
    epoch: int64(),
  },
});

/** A broker was unfenced. Written by early previews only. */
export const UnfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Id of the broker to unfence. */
    id: int32(),
    /** Epoch of the broker. */
    epoch: int64(),
  },
});

/** A topic was deleted. */
export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Id of the topic that goes, with all its partitions. */
    topicId: uuid(),
  },
});

/** A delegation token was made or renewed. */
export const DelegationTokenRecord = message({
  name: 'DelegationTokenRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Whose token it is, as "User:name". */
    owner: string(),
    /** Who asked for it, as "User:name". */
    requester: string(),
    /** Who may renew it, as "User:name". */
    renewers: array(string()),
    /** When the token was made, ms since 1970. */
    issueTimestamp: int64(),
    /** When the token ends for good, ms since 1970. */
    maxTimestamp: int64(),
    /** When it expires unless it is renewed, ms since 1970. */
    expirationTimestamp: int64(),
    /** Id of the delegation token. */
    tokenId: string(),
  },
});

/** A SCRAM credential was set. */
export const UserScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Name of the user. */
    name: string(),
    /** SCRAM mechanism by number: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
    mechanism: int8(),
    /** Random bytes that the password was hashed with. */
    salt: bytes(),
    /** What the broker checks the client's proof with. */
    storedKey: bytes(),
    /** What the broker proves itself with. */
    serverKey: bytes(),
    /** Rounds of hashing the password went through. */
    iterations: int32(),
  },
});

/** A feature came into force at a level. */
export const FeatureLevelRecord = message({
  name: 'FeatureLevelRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Name of the feature, such as "metadata.version". */
    name: string(),
    /** The level in force; 0 removes the feature. */
    featureLevel: int16(),
  },
});

/** A quota was set or removed. */
export const ClientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Whom the quota is for; several parts together name one. */
    entity: array({
      /** Kind of client the quota is for: "user", "client-id" or "ip". */
      entityType: string(),
      /** Name of the client; null for the default of its kind. */
      entityName: nullable(string()),
    }),
    /** Name of the quota, such as "producer_byte_rate". */
    key: string(),
    /** The quota; without meaning where it is removed. */
    value: float64(),
    /** Whether to remove the quota instead of setting it. */
    remove: boolean(),
  },
});

/** A block of producer ids was handed to a broker. */
export const ProducerIdsRecord = message({
  name: 'ProducerIdsRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** The broker that asked for a block. */
    brokerId: int32(),
    /** Epoch the controller gave the broker when it registered. */
    brokerEpoch: int64(-1),
    /** First id of the next block: all below it have been handed out. */
    nextProducerId: int64(),
  },
});

/** Some of a broker's registration changed. */
export const BrokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  versions: [0, 3],
  flexibleFrom: 0,
  fields: {
    /** Id of the broker. */
    brokerId: int32(),
    /** Epoch the controller gave the broker when it registered. */
    brokerEpoch: int64(),
    /** 1 fences the broker, -1 unfences it, 0 for unchanged. */
    fenced: tagged(0, 0, int8()),
    /** 1 where the broker began to shut down, 0 for unchanged. */
    inControlledShutdown: tagged(1, 1, int8()),
    /** Ids of the log directories in service; none for unchanged. */
    logDirs: tagged(2, 2, array(uuid())),
    /** Ids of the log directories that take no new partitions; null for unchanged (KIP-1066). */
    cordonedLogDirs: tagged(3, 3, optional(array(uuid()))),
  },
});

/** An ACL was added. */
export const AccessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Id of the ACL. */
    id: uuid(),
    /** Kind of resource, by number: 2 topic, 3 group, 4 cluster, 5 transactional id, 6 token, 7 user. */
    resourceType: int8(),
    /** Name of the resource. */
    resourceName: string(),
    /** How the resource's name is meant, by number: 3 literal, 4 prefixed. */
    patternType: int8(),
    /** Whom the ACL is for, as "User:name". */
    principal: string(),
    /** Address the ACL is for; "*" for all. */
    host: string(),
    /** Operation by number, as in AclOperation: 1 any, 2 all, 3 read, 4 write … */
    operation: int8(),
    /** Permission by number: 1 any, 2 deny, 3 allow. */
    permissionType: int8(),
  },
});

/** An ACL was removed. */
export const RemoveAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Id of the ACL to remove. */
    id: uuid(),
  },
});

/** Nothing happened: written so that the log goes on. */
export const NoOpRecord = message({
  name: 'NoOpRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {},
});

/** How far a migration from ZooKeeper is. */
export const ZkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** How far a migration from ZooKeeper got; 0 for none. */
    zkMigrationState: int8(),
  },
});

/** A SCRAM credential was removed. */
export const RemoveUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Name of the user. */
    name: string(),
    /** SCRAM mechanism by number: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
    mechanism: int8(),
  },
});

/** What follows counts only once an EndTransactionRecord comes (KIP-868). */
export const BeginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** What the transaction is for, for people; null for none. */
    name: tagged(0, 0, optional(string())),
  },
});

/** What followed the BeginTransactionRecord counts. */
export const EndTransactionRecord = message({
  name: 'EndTransactionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {},
});

/** What followed the BeginTransactionRecord does not count. */
export const AbortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Why, for people and logs. */
    reason: tagged(0, 0, optional(string())),
  },
});

/** A delegation token was removed. */
export const RemoveDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Id of the delegation token. */
    tokenId: string(),
  },
});

/** A controller registered (KIP-919). */
export const RegisterControllerRecord = message({
  name: 'RegisterControllerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Node id of the controller. */
    controllerId: int32(),
    /** Id of this run of the process. */
    incarnationId: uuid(),
    /** Whether a migration from ZooKeeper could begin; never in Kafka 4. */
    zkMigrationReady: boolean(),
    /** Where it can be reached, by listener. */
    endPoints: array({
      /** Name of the listener. */
      name: string(),
      /** Name or address to connect to. */
      host: string(),
      /** TCP port to connect to. */
      port: uint16(),
      /** Security by number: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
      securityProtocol: int16(),
    }),
    /** The feature levels it supports. */
    features: array({
      /** Name of the feature, such as "metadata.version". */
      name: string(),
      /** Lowest level that is supported. */
      minSupportedVersion: int16(),
      /** Highest level that is supported. */
      maxSupportedVersion: int16(),
    }),
  },
});

/** The eligible leader replicas of topics are cleared (KIP-966). */
export const ClearElrRecord = message({
  name: 'ClearElrRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Topic whose eligible replicas are cleared; empty for all topics. */
    topicName: string(),
  },
});

/** Every record type of the metadata log, by the number that its frame carries. */
export const metadataRecords = {
  0: RegisterBrokerRecord,
  1: UnregisterBrokerRecord,
  2: TopicRecord,
  3: PartitionRecord,
  4: ConfigRecord,
  5: PartitionChangeRecord,
  7: FenceBrokerRecord,
  8: UnfenceBrokerRecord,
  9: RemoveTopicRecord,
  10: DelegationTokenRecord,
  11: UserScramCredentialRecord,
  12: FeatureLevelRecord,
  14: ClientQuotaRecord,
  15: ProducerIdsRecord,
  17: BrokerRegistrationChangeRecord,
  18: AccessControlEntryRecord,
  19: RemoveAccessControlEntryRecord,
  20: NoOpRecord,
  21: ZkMigrationStateRecord,
  22: RemoveUserScramCredentialRecord,
  23: BeginTransactionRecord,
  24: EndTransactionRecord,
  25: AbortTransactionRecord,
  26: RemoveDelegationTokenRecord,
  27: RegisterControllerRecord,
  28: ClearElrRecord,
} as const;
