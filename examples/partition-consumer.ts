// Reads one partition from the oldest message, the newest, or an offset, and goes on listening until Ctrl-C.
//
//   node examples/partition-consumer.ts [host:port] [topic] [partition] [earliest | latest | OFFSET]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic', partition = '0', start = 'earliest'] =
  process.argv;
const from = start === 'earliest' || start === 'latest' ? start : Number(start);

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

const kafka = new Kafka({ brokers });
const messages = kafka.consume({ topic, partitions: [Number(partition)], from, signal: stop.signal });
await messages.started;
console.error(`Listening to ${topic}, partition ${partition}, from ${start}`);
for await (const message of messages) {
  console.log(`${message.topic} ${message.text()} ${message.partition} ${message.offset}`);
}
console.error('Stopped');
