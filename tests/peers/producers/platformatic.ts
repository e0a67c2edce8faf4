// @platformatic/kafka as a transactional producer.

import {
  Consumer,
  FetchIsolationLevels,
  type Message,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import type { CopyOrder, TransactionalProducer } from './producer.ts';

type StringMessage = Message<string, string, string, string>;
type Transaction = Awaited<ReturnType<Producer<string, string, string, string>['beginTransaction']>>;
type StringConsumer = Consumer<string, string, string, string>;

export async function platformaticProducer(
  bootstrap: string,
  transactionalId: string,
  timeoutMs: number,
): Promise<TransactionalProducer> {
  const producer = new Producer({
    clientId: 'conformance',
    bootstrapBrokers: [bootstrap],
    transactionalId,
    idempotent: true,
    // It sends its request timeout as the transaction's.
    timeout: timeoutMs,
    serializers: stringSerializers,
  });
  const none = { producerId: -1n, producerEpoch: -1 };
  let open: Transaction | undefined;
  let leave: (() => Promise<void>) | undefined;
  const current = (): Transaction => {
    if (open === undefined) throw new Error('no transaction was begun');
    return open;
  };
  // Its first transaction initializes it.
  await (await producer.beginTransaction(none)).cancel();

  async function read({ from, group, count }: CopyOrder): Promise<[StringConsumer, StringMessage[]]> {
    const consumer = new Consumer({
      clientId: 'conformance',
      bootstrapBrokers: [bootstrap],
      groupId: group,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({
      topics: [from],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: 200,
    });
    leave = async () => {
      await stream.close();
      await consumer.close();
    };
    const messages: StringMessage[] = [];
    for await (const message of stream) {
      messages.push(message);
      if (messages.length === count) break;
    }
    return [consumer, messages];
  }

  async function leaveGroup(): Promise<void> {
    await leave?.();
    leave = undefined;
  }

  return {
    async begin() {
      open = await producer.beginTransaction(none);
    },
    async send(topic, partition, values) {
      await current().send({ messages: values.map((value) => ({ topic, partition, value })) });
    },
    async copy(order) {
      const [consumer, messages] = await read(order);
      await current().send({
        messages: messages.map(({ value }) => ({ topic: order.topic, partition: 0, value })),
      });
      await current().addConsumer(consumer);
      const last = messages.at(-1);
      if (last !== undefined) await current().addOffset(last);
    },
    async commit() {
      await current().commit();
      await leaveGroup();
    },
    async abort() {
      await current().abort();
      await leaveGroup();
    },
    async [Symbol.asyncDispose]() {
      await leaveGroup();
      await producer.close();
    },
  };
}
