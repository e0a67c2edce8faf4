// Sends without waiting, and hears of every outcome: nothing is dropped silently.
//
//   node examples/async-producer.ts [host:port] [topic] [count]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic', count = '1000'] = process.argv;

let delivered = 0;
let failed = 0;

const kafka = new Kafka({ brokers });
const producer = kafka.producer({
  onDelivered: () => delivered++,
  onFailed: (message, error) => {
    failed++;
    console.error(`Not sent: ${message.value}: ${error.message}`);
  },
});

for (let i = 0; i < Number(count); i++) {
  // False: the buffer is full. The message is taken all the same; waiting here keeps memory bounded.
  if (!producer.enqueue({ topic, key: `key-${i % 10}`, value: `Message ${i}` })) await producer.ready();
}
await producer.close();
console.log(`${delivered} delivered, ${failed} failed`);
