// @platformatic/kafka 2.12.1: its defaults for producing, and for consuming maxBytes of 1 MiB, with which it is at
// its best here (its default decodes 50 MB in one turn).

import {
  Consumer,
  FetchIsolationLevels,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  Producer,
} from '@platformatic/kafka';
import { main } from './workload.ts';

/** One call makes one batch, and 10,000 messages make a larger one than brokers take. */
const MESSAGES_PER_SEND_MAX = 1000;

await main({
  async openProducer(bootstrap, topic, value) {
    const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [bootstrap] });
    const one = { messages: [{ topic, value }], acks: -1 as const };
    await producer.send(one);
    const many = new Map<number, { messages: { topic: string; value: Buffer }[]; acks: -1 }>();
    return {
      send: () => producer.send(one),
      sendBatch(count) {
        const request = many.get(count) ?? {
          messages: Array.from({ length: count }, () => ({ topic, value })),
          acks: -1,
        };
        many.set(count, request);
        return producer.send(request);
      },
      close: () => producer.close(),
    };
  },

  async openTransactions(bootstrap, topic, value) {
    const producer = new Producer({
      clientId: 'bench',
      bootstrapBrokers: [bootstrap],
      idempotent: true,
      transactionalId: `bench-${process.pid}`,
    });
    const many = new Map<number, { topic: string; value: Buffer }[]>();
    const transaction = async (count: number): Promise<void> => {
      const size = Math.min(count, MESSAGES_PER_SEND_MAX);
      const messages = many.get(size) ?? Array.from({ length: size }, () => ({ topic, value }));
      many.set(size, messages);
      const open = await producer.beginTransaction();
      for (let sent = 0; sent < count; sent += size) await open.send({ messages });
      await open.commit();
    };
    await transaction(1);
    return { transaction, close: () => producer.close() };
  },

  async consume(bootstrap, topic, count) {
    const consumer = new Consumer({
      clientId: 'bench',
      groupId: `bench-${process.pid}-${Date.now()}`,
      bootstrapBrokers: [bootstrap],
      maxBytes: 1024 * 1024,
    });
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.EARLIEST,
      fallbackMode: MessagesStreamFallbackModes.EARLIEST,
      autocommit: false,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    });
    let seen = 0;
    for await (const _ of stream) if (++seen >= count) break;
  },
});
