// Klamm's client, with its defaults (idempotent, acks=all).

import { Kafka } from 'klamm';
import { main } from './workload.ts';

await main({
  async openProducer(bootstrap, topic, value) {
    const producer = new Kafka({ brokers: bootstrap }).producer();
    const one = { topic, value };
    await producer.send(one);
    const many = new Map<number, { topic: string; value: Buffer }[]>();
    return {
      send: () => producer.send(one),
      sendBatch(count) {
        const messages = many.get(count) ?? Array.from({ length: count }, () => one);
        many.set(count, messages);
        return producer.sendBatch(messages);
      },
      close: () => producer.close(),
    };
  },

  async openTransactions(bootstrap, topic, value) {
    const kafka = new Kafka({ brokers: bootstrap });
    const producer = kafka.producer({ transactionalId: `bench-${process.pid}` });
    const one = { topic, value };
    await producer.transaction((txn) => txn.send(one));
    const many = new Map<number, (typeof one)[]>();
    return {
      transaction(count) {
        const messages = many.get(count) ?? Array.from({ length: count }, () => one);
        many.set(count, messages);
        return producer.transaction((txn) => txn.sendBatch(messages));
      },
      close: () => producer.close(),
    };
  },

  async consume(bootstrap, topic, count, mode) {
    const consumer = new Kafka({ brokers: bootstrap }).consume({
      topic,
      from: 'earliest',
      readCommitted: true,
    });
    let seen = 0;
    if (mode === 'each') {
      for await (const _ of consumer) if (++seen >= count) break;
    } else {
      for await (const batch of consumer.batches()) {
        seen += batch.messages.length;
        if (seen >= count) break;
      }
    }
  },
});
