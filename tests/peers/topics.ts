// Makes topics for tests with KafkaJS's admin client, which every machine has: it comes with the development
// dependencies.

import { systemClock } from '@klamm/base/clock';
import { Kafka, logLevel } from 'kafkajs';

export interface TopicOptions {
  readonly partitions?: number;
  /** Topic settings by Kafka's names. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A quiet KafkaJS client of the broker. */
export function kafkaJs(bootstrap: string): Kafka {
  return new Kafka({ clientId: 'conformance', brokers: [bootstrap], logLevel: logLevel.NOTHING });
}

let names = 0;

/** A topic name no other test uses. */
export function topicName(purpose: string): string {
  return `${purpose}-${process.pid}-${systemClock.now().toString(36)}-${++names}`;
}

/** Creates a topic of a name no other test uses, waits for its leaders and returns the name. */
export async function newTopic(
  bootstrap: string,
  purpose: string,
  options: TopicOptions = {},
): Promise<string> {
  const topic = topicName(purpose);
  const admin = kafkaJs(bootstrap).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: options.partitions ?? 1,
          replicationFactor: 1,
          configEntries: Object.entries(options.config ?? {}).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  } finally {
    await admin.disconnect();
  }
  return topic;
}
