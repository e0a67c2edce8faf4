// One partition, two members: one reads, the other waits; when the first leaves, the second goes on right behind it.
//
//   node examples/group-failover.ts [host:port] [topic]

import { type GroupConsumer, Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic'] = process.argv;
const kafka = new Kafka({ brokers });
await using admin = kafka.admin();
if (!(await admin.topicExists(topic))) await admin.createTopic({ name: topic, partitions: 1 });
await using producer = kafka.producer();

/** Reads until it is closed; resolves with the member when it has joined. */
async function member(name: string): Promise<GroupConsumer> {
  const group = kafka.group({ groupId: 'failover-group', topics: topic, autoOffsetReset: 'earliest' });
  const joined = new Promise<void>((resolve) => {
    const off = group.on('joined', () => {
      off();
      resolve();
    });
  });
  const reading = group.each((message) => console.log(`${name} read ${message.text()}`));
  reading.catch((error) => console.error(name, error));
  await joined;
  return group;
}

/** Sends and waits until the group has committed that far. */
async function send(group: GroupConsumer, text: string): Promise<void> {
  const { partition, offset } = await producer.send({ topic, value: text });
  const isRead = new Promise<void>((resolve) => {
    const off = group.on('committed', ({ offsets }) => {
      if (!offsets.some((each) => each.partition === partition && each.offset > offset)) return;
      off();
      resolve();
    });
  });
  const ask = setInterval(() => group.commitAsync(), 50);
  await isRead;
  clearInterval(ask);
}

const first = await member('The first');
await send(first, 'message 1');
const second = await member('The second');
await send(first, 'message 2');
await first.close();
console.log('The first has left');
await send(second, 'message 3');
await second.close();
