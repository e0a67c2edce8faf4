// Commits by hand: nothing is committed but what this program says, a batch at a time, after it has been worked on.
//
//   node examples/group-manual-commit.ts [host:port] [topic] [group]

import { Kafka, KlammError } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic', groupId = 'manual-offset-group'] = process.argv;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const kafka = new Kafka({ brokers });
await using group = kafka.group({
  groupId,
  topics: topic,
  autoOffsetReset: 'earliest',
  autoCommit: false,
  signal: stop.signal,
});
for await (const batch of group.batches()) {
  for (const message of batch.messages)
    console.log(`${message.partition} ${message.offset} ${message.text()}`);
  batch.mark('worked on');
  try {
    await group.commit();
    console.log(`Committed partition ${batch.partition}`);
  } catch (error) {
    // The partition has gone to another member meanwhile, which reads this batch again.
    console.error(error instanceof KlammError ? error.code : error);
  }
}
