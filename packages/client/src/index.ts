// What the client shows to programs.

export { KlammError } from '@klamm/base/errors';
export type { LogFields, Logger } from '@klamm/base/logger';
export { lineLogger } from '@klamm/base/logger';
export { ErrorCode } from '@klamm/protocol/error-codes';
export type { HeaderInput } from '@klamm/protocol/records/builder';
export type { RecordHeader } from '@klamm/protocol/records/record';
export type { Admin } from './admin/admin.ts';
export type { ConfigEntry, ConfigResource, ConfigSource } from './admin/configs.ts';
export type { ChangeOptions, NewTopic } from './admin/topics.ts';
export { type Bytes, json, type Serde, type StandardSchema, schema, text } from './bytes.ts';
export { Kafka } from './client.ts';
export type { ClusterMetadata, PartitionMetadata, TopicMetadata } from './cluster.ts';
export type { MessageBatch, PartitionConsumer } from './consumer/consumer.ts';
export type { Message } from './consumer/message.ts';
export type { ConsumeOptions, OutOfRangePolicy, StartPosition } from './consumer/options.ts';
export type { KafkaOptions } from './options.ts';
export type { ProducerMessage, ProducerOptions, RecordMetadata } from './producer/options.ts';
export type { DeliveryOutcome } from './producer/outcomes.ts';
export { type Partitioner, type PartitionerInput, partitionOfKey } from './producer/partitioner.ts';
export type { Producer } from './producer/producer.ts';
