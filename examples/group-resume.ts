// Goes on where the group was, however this program ended: kill it (kill -9) and start it again. What was marked and not
// committed yet is read again: commit more often to read less of it twice. The partitions of a program that was killed
// are free when its session is over (45 s unless the broker is told otherwise); Ctrl-C frees them at once.
//
//   node examples/group-resume.ts [host:port] [topic] [group]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic', groupId = 'resuming-group'] = process.argv;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const group = new Kafka({ brokers }).group({
  groupId,
  topics: topic,
  autoOffsetReset: 'earliest',
  autoCommit: { intervalMs: 200 },
  signal: stop.signal,
});
group.on('committed', ({ offsets }) => {
  for (const { partition, offset } of offsets) console.log(`Committed ${offset} in partition ${partition}`);
});
for await (const message of group) {
  console.log(`Read offset ${message.offset}`);
  message.mark();
}
