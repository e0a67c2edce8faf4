// @platformatic/kafka 2.12.1: its defaults for producing, and for consuming maxBytes of 1 MiB, with which it is at
// its best here (its default decodes 50 MB in one turn).

import { Consumer, MessagesStreamFallbackModes, MessagesStreamModes, Producer } from '@platformatic/kafka';
import { main } from './workload.ts';

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
    });
    let seen = 0;
    for await (const _ of stream) if (++seen >= count) break;
  },
});
