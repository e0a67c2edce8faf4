// A member of a group with KafkaJS, until SIGTERM: prints each message before it is committed.
//
//   node kafkajs.ts BOOTSTRAP GROUP TOPIC

import { Kafka, logLevel } from 'kafkajs';

const [bootstrap = '', groupId = '', topic = ''] = process.argv.slice(2);
const consumer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR }).consumer({
  groupId,
  sessionTimeout: 6_000,
  heartbeatInterval: 1000,
  maxWaitTimeInMs: 200,
});
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommitInterval: 1000,
  eachMessage: async ({ partition, message }) => {
    console.log(JSON.stringify({ event: 'message', partition, offset: Number(message.offset) }));
  },
});
process.once('SIGTERM', async () => {
  await consumer.disconnect();
  process.exit(0);
});
