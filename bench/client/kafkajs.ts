// KafkaJS 2.2.4, with its defaults.

import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { main } from './workload.ts';

const open = (bootstrap: string): Kafka => new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });

await main({
  async openProducer(bootstrap, topic, value) {
    const producer = open(bootstrap).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const one = [{ value }];
    await producer.send({ topic, acks: -1, messages: one });
    const many = new Map<number, { value: Buffer }[]>();
    return {
      send: () => producer.send({ topic, acks: -1, messages: one }),
      sendBatch(count) {
        const messages = many.get(count) ?? Array.from({ length: count }, () => ({ value }));
        many.set(count, messages);
        return producer.send({ topic, acks: -1, messages });
      },
      close: () => producer.disconnect(),
    };
  },

  async consume(bootstrap, topic, count, mode) {
    const consumer = open(bootstrap).consumer({ groupId: `bench-${process.pid}-${Date.now()}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let seen = 0;
    await new Promise<void>((resolve) => {
      const add = (messages: number): void => {
        seen += messages;
        if (seen >= count) resolve();
      };
      void consumer.run(
        mode === 'each'
          ? { eachMessage: async () => add(1) }
          : { eachBatch: async ({ batch }) => add(batch.messages.length) },
      );
    });
  },
});
