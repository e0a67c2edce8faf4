// Sends five messages, one after the other, and prints where each of them is.
//
//   node examples/sync-producer.ts [host:port] [topic]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic'] = process.argv;

const kafka = new Kafka({ brokers });
// All replicas must have a message before it counts as sent; a send that fails is tried again three times.
await using producer = kafka.producer({ acks: 'all', retries: 3 });

for (let i = 0; i < 5; i++) {
  const { partition, offset } = await producer.send({ topic, value: `Hello Klamm! Message ${i}` });
  console.log(`Message sent to partition ${partition}, offset ${offset}`);
}
