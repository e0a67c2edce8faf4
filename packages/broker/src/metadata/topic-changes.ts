// Decisions on topics: given the image as it stands, what is refused and why, or which records make it so.
// Rules of ReplicationControlManager and org.apache.kafka.common.internals.Topic.

import { configProblem, nearest } from '@klamm/base/config';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  ConfigRecord,
  PartitionRecord,
  RemoveTopicRecord,
  TopicRecord,
} from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { isTopicConfig, topicConfigRow, topicConfigs } from '../config/topic.ts';
import { type MetadataImage, ResourceType, type TopicImage } from './image.ts';

export interface Refused {
  readonly errorCode: number;
  readonly errorMessage: string;
}

export interface NodeIdentity {
  readonly nodeId: number;
  readonly directoryId: string;
}

export interface NewTopic {
  readonly name: string;
  readonly id: string;
  /** -1 for the default. */
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

const NAME_BYTES_MAX = 249;
/** Its folder holds the metadata log itself. */
const METADATA_TOPIC = '__cluster_metadata';
/** Partitions one request may ask for; Kafka's own bound for a batch of metadata records. */
const PARTITIONS_MAX = 10_000;

const refuse = (name: keyof typeof ErrorCode, errorMessage: string): Refused => ({
  errorCode: ErrorCode[name],
  errorMessage,
});

/** Names that are there more than once. */
export function repeated(names: Iterable<string>): Set<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const name of names) (seen.has(name) ? twice : seen).add(name);
  return twice;
}

/** What is wrong with a topic's name; null where nothing is. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'A topic needs a name.';
  if (name === '.' || name === '..') return `A topic cannot be named "${name}".`;
  if (name.length > NAME_BYTES_MAX)
    return `The topic name has ${name.length} characters; ${NAME_BYTES_MAX} are allowed.`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `The topic name "${name}" holds characters other than letters, digits, ".", "_" and "-".`;
  }
  return null;
}

/** How many partitions a new topic has, or why it cannot be. */
export function checkNewTopic(
  image: MetadataImage,
  topic: NewTopic,
  { nodeId, partitions: defaultPartitions }: { readonly nodeId: number; readonly partitions: number },
): Refused | { readonly partitions: number } {
  const nameProblem = topicNameProblem(topic.name);
  if (nameProblem !== null) return refuse('INVALID_TOPIC_EXCEPTION', nameProblem);
  if (topic.name === METADATA_TOPIC) {
    return refuse(
      'TOPIC_AUTHORIZATION_FAILED',
      `Nobody may create '${METADATA_TOPIC}': it is the cluster's own log of topics and settings.`,
    );
  }
  if (image.topic(topic.name) !== undefined)
    return refuse('TOPIC_ALREADY_EXISTS', `Topic '${topic.name}' already exists.`);
  const twin = collision(image, topic.name);
  if (twin !== undefined) {
    return refuse(
      'INVALID_TOPIC_EXCEPTION',
      `Topic '${topic.name}' differs from the topic '${twin}' only in "." and "_", which metrics cannot tell apart.`,
    );
  }
  const partitions = checkPartitions(topic, nodeId, defaultPartitions);
  return 'errorCode' in partitions ? partitions : (checkConfigs(topic.configs) ?? partitions);
}

function collision(image: MetadataImage, name: string): string | undefined {
  if (!/[._]/.test(name)) return undefined;
  const flat = name.replaceAll('.', '_');
  return image.topics.find((topic) => topic.name.replaceAll('.', '_') === flat)?.name;
}

function checkPartitions(
  topic: NewTopic,
  nodeId: number,
  defaultPartitions: number,
): Refused | { readonly partitions: number } {
  const { assignments, numPartitions, replicationFactor } = topic;
  if (assignments.length > 0) {
    if (numPartitions !== -1 || replicationFactor !== -1) {
      return refuse(
        'INVALID_REQUEST',
        'Give either an assignment of replicas, or numbers of partitions and replicas; not both.',
      );
    }
    return checkAssignments(assignments, nodeId) ?? { partitions: assignments.length };
  }
  if (replicationFactor > 1) return tooManyReplicas(replicationFactor);
  if (replicationFactor === 0 || replicationFactor < -1) {
    return refuse(
      'INVALID_REPLICATION_FACTOR',
      `The replication factor is ${replicationFactor}; it must be 1, or -1 for the default.`,
    );
  }
  const partitions = numPartitions === -1 ? defaultPartitions : numPartitions;
  if (partitions <= 0 || partitions > PARTITIONS_MAX) {
    return refuse(
      'INVALID_PARTITIONS',
      `The number of partitions is ${partitions}; 1 to ${PARTITIONS_MAX} are allowed.`,
    );
  }
  return { partitions };
}

function tooManyReplicas(replicationFactor: number): Refused {
  return refuse(
    'INVALID_REPLICATION_FACTOR',
    `The replication factor ${replicationFactor} is larger than the number of brokers, which is 1: Klamm is one node. ` +
      'Use 1 here; for replicas, move to Apache Kafka with three nodes or more, which starts on the same data directory.',
  );
}

function checkAssignments(assignments: NewTopic['assignments'], nodeId: number): Refused | null {
  const indexes = assignments.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
  if (indexes.some((index, i) => index !== i)) {
    return refuse(
      'INVALID_REPLICA_ASSIGNMENT',
      'The assignment must name partitions 0, 1, 2 … without a gap.',
    );
  }
  return checkReplicas(assignments, nodeId);
}

/** Why partitions cannot lie on the brokers given for each; null where they can: on this node alone. */
function checkReplicas(
  assignments: readonly { readonly brokerIds: readonly number[] }[],
  nodeId: number,
): Refused | null {
  for (const { brokerIds } of assignments) {
    if (brokerIds.length > 1) return tooManyReplicas(brokerIds.length);
    if (brokerIds[0] === nodeId) continue;
    return refuse(
      'INVALID_REPLICA_ASSIGNMENT',
      brokerIds.length === 0
        ? 'The assignment gives a partition no replica.'
        : `The assignment names broker ${brokerIds[0]}; there is only broker ${nodeId}.`,
    );
  }
  return null;
}

/** What is wrong with settings given for a topic; null where nothing is. */
export function checkConfigs(configs: NewTopic['configs']): Refused | null {
  for (const { name, value } of configs) {
    if (!isTopicConfig(name)) {
      const near = nearest(name, Object.keys(topicConfigs));
      return refuse(
        'INVALID_CONFIG',
        `Unknown topic config name: ${name}${near === undefined ? '' : ` (did you mean ${near}?)`}`,
      );
    }
    if (value === null) return refuse('INVALID_CONFIG', `Null value not supported for topic config: ${name}`);
    const problem = configProblem(topicConfigRow(name), value);
    if (problem !== null)
      return refuse('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}; ${problem}`);
  }
  return null;
}

export function createTopicRecords(topic: NewTopic, partitions: number, node: NodeIdentity): Buffer[] {
  return [
    encodeMetadata(TopicRecord, { name: topic.name, topicId: topic.id }),
    ...topic.configs.map(({ name, value }) =>
      encodeMetadata(ConfigRecord, {
        resourceType: ResourceType.topic,
        resourceName: topic.name,
        name,
        value,
      }),
    ),
    ...partitionRecords(topic.id, 0, partitions, node),
  ];
}

/** Records of the partitions `from` (inclusive) to `to` (exclusive). */
export function partitionRecords(topicId: string, from: number, to: number, node: NodeIdentity): Buffer[] {
  const records: Buffer[] = [];
  for (let partitionId = from; partitionId < to; partitionId++) {
    records.push(
      encodeMetadata(PartitionRecord, {
        partitionId,
        topicId,
        replicas: [node.nodeId],
        isr: [node.nodeId],
        leader: node.nodeId,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: [node.directoryId],
      }),
    );
  }
  return records;
}

/** Why a topic cannot grow to `count` partitions; null where it can. */
export function checkPartitionCount(
  topic: TopicImage,
  count: number,
  assignments: readonly { readonly brokerIds: readonly number[] }[] | null,
  nodeId: number,
): Refused | null {
  const now = topic.partitions.length;
  if (count <= now) {
    const what =
      count === now
        ? `already has ${now} partition(s)`
        : `has ${now} partition(s), and cannot be given fewer`;
    return refuse('INVALID_PARTITIONS', `The topic '${topic.name}' ${what}; ${count} were asked for.`);
  }
  if (count > PARTITIONS_MAX)
    return refuse('INVALID_PARTITIONS', `${count} partitions were asked for; ${PARTITIONS_MAX} are allowed.`);
  if (assignments === null) return null;
  if (assignments.length !== count - now) {
    return refuse(
      'INVALID_REPLICA_ASSIGNMENT',
      `${count - now} partitions are to be added, but ${assignments.length} assignments were given.`,
    );
  }
  return checkReplicas(assignments, nodeId);
}

/**
 * Takes the topic's settings back first: Apache Kafka 4.3.1, which reads the log from its start, would give those of a topic
 * that was deleted to a later one of the same name (ConfigurationsDelta.replay looks only into what it had before).
 */
export function removeTopicRecords(image: MetadataImage, { name, id }: TopicImage): Buffer[] {
  const resource = { resourceType: ResourceType.topic, resourceName: name };
  const configs = [...image.configs(ResourceType.topic, name).keys()];
  return [
    ...configs.map((config) => encodeMetadata(ConfigRecord, { ...resource, name: config, value: null })),
    encodeMetadata(RemoveTopicRecord, { topicId: id }),
  ];
}
