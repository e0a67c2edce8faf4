// The records a cluster begins with, and those with which a node registers at each start: the same, record for
// record, as Apache Kafka 4.3.1 writes for a single node, so that its tools read ours and it can go on from them.

import { randomUuid } from '@klamm/base/random';
import {
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ConfigRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  RegisterBrokerRecord,
} from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { ResourceType } from './image.ts';

export const METADATA_VERSION = 'metadata.version';
/** Not a record like the others: control records of the metadata log tell its level. */
export const KRAFT_VERSION = 'kraft.version';
/** Levels of kraft.version that there are: fixed voters, and voters that can change (KIP-853). */
export const KRAFT_RANGE = { minVersion: 0, maxVersion: 1 } as const;

/** Features of Apache Kafka 4.3: the levels it can run with, and the one a new cluster is given. */
export const FEATURES = [
  { name: METADATA_VERSION, minVersion: 7, maxVersion: 30, level: 30 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1, level: 1 },
  { name: 'group.version', minVersion: 0, maxVersion: 1, level: 1 },
  { name: 'share.version', minVersion: 0, maxVersion: 1, level: 1 },
  { name: 'streams.version', minVersion: 0, maxVersion: 1, level: 1 },
  { name: 'transaction.version', minVersion: 0, maxVersion: 2, level: 2 },
] as const;

/** An address of this node, as clients see it. `securityProtocol` by Kafka's numbers: PLAINTEXT 0, SSL 1, … */
export interface Endpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly securityProtocol: number;
}

export function bootstrapRecords(): Buffer[] {
  return [
    encodeMetadata(BeginTransactionRecord, { name: 'Bootstrap records' }),
    ...FEATURES.map(({ name, level }) => encodeMetadata(FeatureLevelRecord, { name, featureLevel: level })),
    // With eligible leader replicas (KIP-966) the cluster's minimum is a setting of all brokers.
    encodeMetadata(ConfigRecord, {
      resourceType: ResourceType.broker,
      resourceName: '',
      name: 'min.insync.replicas',
      value: '1',
    }),
    encodeMetadata(EndTransactionRecord, {}),
  ];
}

/** A broker's epoch is the offset of its registration, which the record that lifts its fence must name. */
export function registrationRecords(
  brokerId: number,
  directoryId: string,
  brokerEpoch: number,
  endPoints: readonly Endpoint[],
): Buffer[] {
  return [
    encodeMetadata(RegisterBrokerRecord, {
      brokerId,
      incarnationId: randomUuid(),
      brokerEpoch,
      endPoints,
      features: FEATURES.map(({ name, minVersion, maxVersion }) => ({
        name,
        minSupportedVersion: minVersion,
        maxSupportedVersion: maxVersion,
      })),
      rack: null,
      fenced: true,
      logDirs: [directoryId],
    }),
    encodeMetadata(BrokerRegistrationChangeRecord, { brokerId, brokerEpoch, fenced: -1 }, 0),
  ];
}

/**
 * What a broker that closes leaves behind. Without it, a controller that opens the directory next takes the old
 * incarnation for alive, and refuses a new one until its session is over (9 s).
 */
export function fenceRecords(brokerId: number, brokerEpoch: number): Buffer[] {
  return [encodeMetadata(BrokerRegistrationChangeRecord, { brokerId, brokerEpoch, fenced: 1 }, 0)];
}
