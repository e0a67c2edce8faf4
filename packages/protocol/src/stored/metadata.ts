// stored.metadata.

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

export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  versions: [0, 4],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: since(2, boolean()),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: nullable(string()),
    fenced: boolean(true),
    inControlledShutdown: since(1, boolean()),
    logDirs: tagged(0, 3, array(uuid())),
    cordonedLogDirs: tagged(1, 4, optional(array(uuid()))),
  },
});

export const UnregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
  },
});

export const TopicRecord = message({
  name: 'TopicRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    topicId: uuid(),
  },
});

export const PartitionRecord = message({
  name: 'PartitionRecord',
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    partitionId: int32(-1),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32(-1),
    leaderRecoveryState: tagged(0, 0, int8()),
    leaderEpoch: int32(-1),
    partitionEpoch: int32(-1),
    directories: since(1, array(uuid())),
    eligibleLeaderReplicas: tagged(1, 2, optional(array(int32()))),
    lastKnownElr: tagged(2, 2, optional(array(int32()))),
  },
});

export const ConfigRecord = message({
  name: 'ConfigRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: nullable(string()),
  },
});

export const PartitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    partitionId: int32(-1),
    topicId: uuid(),
    isr: tagged(0, 0, optional(array(int32()))),
    leader: tagged(1, 0, int32(-2)),
    replicas: tagged(2, 0, optional(array(int32()))),
    removingReplicas: tagged(3, 0, optional(array(int32()))),
    addingReplicas: tagged(4, 0, optional(array(int32()))),
    leaderRecoveryState: tagged(5, 0, int8(-1)),
    directories: tagged(8, 1, optional(array(uuid()))),
    eligibleLeaderReplicas: tagged(6, 2, optional(array(int32()))),
    lastKnownElr: tagged(7, 2, optional(array(int32()))),
  },
});

export const FenceBrokerRecord = message({
  name: 'FenceBrokerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
});

export const UnfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
});

export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicId: uuid(),
  },
});

export const DelegationTokenRecord = message({
  name: 'DelegationTokenRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    owner: string(),
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64(),
    maxTimestamp: int64(),
    expirationTimestamp: int64(),
    tokenId: string(),
  },
});

export const UserScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  },
});

export const FeatureLevelRecord = message({
  name: 'FeatureLevelRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    featureLevel: int16(),
  },
});

export const ClientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    entity: array({
      entityType: string(),
      entityName: nullable(string()),
    }),
    key: string(),
    value: float64(),
    remove: boolean(),
  },
});

export const ProducerIdsRecord = message({
  name: 'ProducerIdsRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(-1),
    nextProducerId: int64(),
  },
});

export const BrokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  versions: [0, 3],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: tagged(0, 0, int8()),
    inControlledShutdown: tagged(1, 1, int8()),
    logDirs: tagged(2, 2, array(uuid())),
    cordonedLogDirs: tagged(3, 3, optional(array(uuid()))),
  },
});

export const AccessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
});

export const RemoveAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: uuid(),
  },
});

export const NoOpRecord = message({
  name: 'NoOpRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {},
});

export const ZkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    zkMigrationState: int8(),
  },
});

export const RemoveUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    mechanism: int8(),
  },
});

export const BeginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: tagged(0, 0, optional(string())),
  },
});

export const EndTransactionRecord = message({
  name: 'EndTransactionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {},
});

export const AbortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    reason: tagged(0, 0, optional(string())),
  },
});

export const RemoveDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    tokenId: string(),
  },
});

export const RegisterControllerRecord = message({
  name: 'RegisterControllerRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: boolean(),
    endPoints: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  },
});

export const ClearElrRecord = message({
  name: 'ClearElrRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
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
