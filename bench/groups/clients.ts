// The group consumers that are measured, each as its documentation shows it, with fetches that wait no longer than ours.

import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { Kafka as KafkaJs, logLevel } from 'kafkajs';
import { Kafka } from 'klamm';

export interface MemberOptions {
  readonly protocol: string;
  readonly bootstrap: string;
  readonly group: string;
  readonly topic: string;
  readonly onMessage: (partition: number) => void;
}

export interface Member {
  leave(): Promise<void>;
}

const SESSION_MS = 6000;
/** As KafkaJS and @platformatic/kafka have it unless told otherwise. */
const HEARTBEAT_MS = 3000;

async function joinKlamm({ protocol, bootstrap, group, topic, onMessage }: MemberOptions): Promise<Member> {
  const consumer = new Kafka({ brokers: bootstrap }).group({
    groupId: group,
    topics: topic,
    protocol: protocol as 'classic' | 'consumer',
    autoOffsetReset: 'earliest',
    sessionTimeoutMs: SESSION_MS,
  });
  const read = async (): Promise<void> => {
    for await (const message of consumer) {
      onMessage(message.partition);
      message.mark();
    }
  };
  void read();
  return { leave: () => consumer.close() };
}

async function joinKafkaJs({ bootstrap, group, topic, onMessage }: MemberOptions): Promise<Member> {
  const kafka = new KafkaJs({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 500,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ partition }) => onMessage(partition) });
  return { leave: () => consumer.disconnect() };
}

async function joinPlatformatic(options: MemberOptions): Promise<Member> {
  const { protocol, bootstrap, group, topic, onMessage } = options;
  const consumer = new Consumer({
    clientId: 'platformatic',
    bootstrapBrokers: [bootstrap],
    groupId: group,
    groupProtocol: protocol as 'classic' | 'consumer',
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    maxWaitTime: 500,
  });
  stream.on('data', ({ partition }) => onMessage(partition));
  return {
    async leave() {
      await stream.close();
      await consumer.close();
    },
  };
}

export const clients: Readonly<Record<string, (options: MemberOptions) => Promise<Member>>> = {
  klamm: joinKlamm,
  kafkajs: joinKafkaJs,
  platformatic: joinPlatformatic,
};
