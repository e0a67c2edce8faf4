// A member of a group with @platformatic/kafka, until SIGTERM: prints each message, then commits it.
//
//   node platformatic.ts BOOTSTRAP GROUP TOPIC PROTOCOL

import { Consumer, stringDeserializers } from '@platformatic/kafka';

const [bootstrap = '', groupId = '', topic = '', groupProtocol = 'classic'] = process.argv.slice(2);
const consumer = new Consumer({
  clientId: 'platformatic-member',
  bootstrapBrokers: [bootstrap],
  groupId,
  groupProtocol: groupProtocol as 'classic' | 'consumer',
  sessionTimeout: 6_000,
  heartbeatInterval: 1000,
  deserializers: stringDeserializers,
});
const stream = await consumer.consume({
  topics: [topic],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: false,
  maxWaitTime: 200,
});
process.once('SIGTERM', async () => {
  await stream.close();
  await consumer.close();
  process.exit(0);
});
for await (const { partition, offset, commit } of stream) {
  console.log(JSON.stringify({ event: 'message', partition, offset: Number(offset) }));
  await commit();
}
