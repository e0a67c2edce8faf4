// A member of a consumer group, with a handler in the shape that Sarama's users know: set up, one claim for each
// partition, cleaned up, and again after each rebalance. What is marked is committed every 5 s, when partitions go to
// another member, and at the end. Ctrl-C leaves the group.
//
//   node examples/group-consumer.ts [host:port] [topic] [group]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic', groupId = 'auto-offset-group'] = process.argv;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

const kafka = new Kafka({ brokers });
const group = kafka.group({ groupId, topics: topic, autoOffsetReset: 'earliest', signal: stop.signal });
await group.run({
  setup(session) {
    console.error(`Set up with partitions ${session.claims.map(({ partition }) => partition).join(', ')}`);
  },
  async consumeClaim(claim, session) {
    for await (const message of claim) {
      console.log(`Received ${message.text()} from partition ${message.partition}, offset ${message.offset}`);
      session.markMessage(message);
    }
  },
  cleanup() {
    console.error('Cleaned up');
  },
});
console.error('Left the group');
