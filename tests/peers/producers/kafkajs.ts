// KafkaJS as a transactional producer.

import { type EachMessagePayload, Partitioners, type Transaction } from 'kafkajs';
import { kafkaJs } from '../topics.ts';
import type { CopyOrder, TransactionalProducer } from './producer.ts';

export async function kafkaJsProducer(
  bootstrap: string,
  transactionalId: string,
  timeoutMs: number,
): Promise<TransactionalProducer> {
  const kafka = kafkaJs(bootstrap);
  const producer = kafka.producer({
    transactionalId,
    transactionTimeout: timeoutMs,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  // It initializes itself with its first transaction, which is this empty one.
  await (await producer.transaction()).abort();
  let open: Transaction | undefined;
  const current = (): Transaction => {
    if (open === undefined) throw new Error('no transaction was begun');
    return open;
  };

  async function read({ from, group, count }: CopyOrder): Promise<EachMessagePayload[]> {
    const consumer = kafka.consumer({ groupId: group, readUncommitted: false });
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [from], fromBeginning: true });
      return await new Promise((resolve, reject) => {
        const messages: EachMessagePayload[] = [];
        const eachMessage = async (message: EachMessagePayload): Promise<void> => {
          messages.push(message);
          if (messages.length === count) resolve(messages);
        };
        consumer.run({ autoCommit: false, eachMessage }).catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
  }

  return {
    async begin() {
      open = await producer.transaction();
    },
    async send(topic, partition, values) {
      await current().send({ topic, messages: values.map((value) => ({ value, partition })) });
    },
    async copy(order) {
      const messages = (await read(order)).slice(0, order.count);
      await current().send({
        topic: order.topic,
        messages: messages.map(({ message: { value } }) => ({ value, partition: 0 })),
      });
      const next = new Map<number, string>();
      for (const { partition, message } of messages) next.set(partition, String(BigInt(message.offset) + 1n));
      const partitions = [...next].map(([partition, offset]) => ({ partition, offset }));
      await current().sendOffsets({
        consumerGroupId: order.group,
        topics: [{ topic: order.from, partitions }],
      });
    },
    commit: () => current().commit(),
    abort: () => current().abort(),
    [Symbol.asyncDispose]: () => producer.disconnect(),
  };
}
