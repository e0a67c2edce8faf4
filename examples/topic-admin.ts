// Creates a topic with partitions and a replication factor unless it exists, then lists, describes, alters and
// deletes it. The client finds the controller by itself.
//
//   node examples/topic-admin.ts [host:port] [topic]

import { Kafka, type KlammError } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'test-topic2'] = process.argv;

const admin = new Kafka({ brokers }).admin();
try {
  if (await admin.topicExists(topic)) console.log(`Topic ${topic} exists already`);
  else {
    await admin.createTopic({ name: topic, partitions: 3, replicationFactor: 1 });
    console.log(`Topic ${topic} created`);
  }

  const names = (await admin.listTopics()).map(({ name }) => name);
  console.log(`Topics: ${names.join(', ')}`);

  await admin.createPartitions(topic, 4);
  const { partitions } = await admin.describeTopic(topic);
  console.log(`Partitions of ${topic}: ${partitions.map(({ index }) => index).join(', ')}`);

  // A mistake is told in words, with Kafka's own name for it.
  await admin.createTopic({ name: topic, partitions: 1 }).catch((error: KlammError) => {
    console.log(`${error.code}: ${error.message}`);
  });

  await admin.deleteTopic(topic);
  console.log(`Topic ${topic} deleted, exists: ${await admin.topicExists(topic)}`);
} finally {
  await admin.close();
}
