// Klamm's client, as clients.ts says.

import { setTimeout as wait } from 'node:timers/promises';
import { Kafka } from 'klamm';

const [bootstrap = '', topic = '', count = ''] = process.argv.slice(2);
const producer = new Kafka({ brokers: bootstrap }).producer();
const partitions = Array.from({ length: Number(count) }, () => ({ last: performance.now(), longest: 0 }));
let failed = 0;
let isEnding = false;

async function send(partition: number): Promise<void> {
  try {
    await producer.send({ topic, partition, value: 'k'.repeat(100) });
  } catch {
    failed++;
    return;
  }
  const now = performance.now();
  const mine = partitions[partition] as (typeof partitions)[number];
  mine.longest = Math.max(mine.longest, now - mine.last);
  mine.last = now;
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

process.stdin.once('data', () => {
  isEnding = true;
  say({ longest: partitions.map(({ longest }) => Math.round(longest)), failed });
  process.exit(0);
});
for (let round = 0; !isEnding; round++) {
  for (let partition = 0; partition < partitions.length; partition++) void send(partition);
  if (round % 20 === 0) say({ ages: partitions.map(({ last }) => Math.round(performance.now() - last)) });
  await wait(10);
}
