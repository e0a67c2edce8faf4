// A log pipeline: two services write their logs, each with a producer of its own, and one consumer reads them all.
//
//   node examples/log-pipeline.ts [host:port] [lines each]

import { json, Kafka } from 'klamm';

interface LogLine {
  readonly service: string;
  readonly level: 'info' | 'error';
  readonly text: string;
}

const [, , brokers = '127.0.0.1:9092', lines = '3'] = process.argv;
const topic = 'service-logs';
const kafka = new Kafka({ brokers });

async function runService(service: string): Promise<void> {
  await using producer = kafka.producer({ value: json<LogLine>() });
  for (let i = 1; i <= Number(lines); i++) {
    const level = i % 3 === 0 ? 'error' : 'info';
    // Lines of one service have its name as their key, so they stay in order.
    await producer.send({ topic, key: service, value: { service, level, text: `request ${i} handled` } });
  }
}

async function collectLogs(count: number): Promise<void> {
  let seen = 0;
  for await (const { value } of kafka.consume({ topic, from: 'earliest', value: json<LogLine>() })) {
    if (value !== null) console.log(`${value.level.padEnd(5)} ${value.service}: ${value.text}`);
    if (++seen === count) break;
  }
}

const admin = kafka.admin();
if (!(await admin.topicExists(topic))) await admin.createTopic({ name: topic, partitions: 2 });
await admin.close();

await Promise.all([runService('orders'), runService('payments'), collectLogs(2 * Number(lines))]);
console.log('All logs collected');
