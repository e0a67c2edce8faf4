// Three partitions over three members: each gets one.
//
//   node examples/group-three-members.ts [host:port] [topic]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic2'] = process.argv;
const kafka = new Kafka({ brokers });
await using admin = kafka.admin();
if (!(await admin.topicExists(topic))) await admin.createTopic({ name: topic, partitions: 3 });

const members = ['A', 'B', 'C'].map((name) => {
  const group = kafka.group({ groupId: 'three-members', topics: topic, autoOffsetReset: 'earliest' });
  const reading = group.each((message) =>
    console.log(`${name} read ${message.text()} from partition ${message.partition}`),
  );
  reading.catch((error) => console.error(name, error));
  return group;
});
/** Resolves when every member has its share. */
await new Promise<void>((resolve) => {
  const look = (): void => {
    if (members.every((group) => group.assignment.length === 1)) resolve();
  };
  for (const group of members) group.on('assigned', look);
  for (const group of members) group.on('revoked', () => setImmediate(look));
});

await using producer = kafka.producer();
const marked = members.map(
  (group) =>
    new Promise<void>((resolve) => {
      group.on('committed', () => resolve());
    }),
);
for (const partition of [0, 1, 2]) await producer.send({ topic, partition, value: `message ${partition}` });
const ask = setInterval(() => {
  for (const group of members) group.commitAsync();
}, 50);
await Promise.all(marked);
clearInterval(ask);
await Promise.all(members.map((group) => group.close()));
