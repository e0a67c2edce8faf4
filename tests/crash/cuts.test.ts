// A network that cuts every connection after some tens of milliseconds, between our producer and a broker: with
// idempotence every message must be stored once and in order, and at the offset its sender was told. The seed is
// printed; KLAMM_SEED repeats the moments of the cuts (not the machine's own timing).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Random, seededRandom } from '@klamm/base/random';
import { Kafka } from 'klamm';
import { startBroker } from 'klamm/broker';

const MESSAGES = 20_000;
const PARTITIONS = 4;
const TOPIC = 'ledger';

/** Passes bytes on to `port`, and cuts each connection after 10 to 60 ms while `cutting`. */
class Cutter implements AsyncDisposable {
  cutting = true;
  cuts = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(port: () => number, random: Random) {
    this.#server = createServer((client) => {
      const broker = connect({ host: '127.0.0.1', port: port(), noDelay: true });
      client.setNoDelay(true);
      const end = (): void => {
        clearTimeout(timer);
        for (const socket of [client, broker]) {
          this.#sockets.delete(socket);
          socket.destroy();
        }
      };
      const timer = setTimeout(
        () => {
          if (!this.cutting) return;
          this.cuts++;
          end();
        },
        10 + random() * 50,
      );
      for (const socket of [client, broker]) {
        this.#sockets.add(socket);
        socket.on('error', end).on('close', end);
      }
      client.pipe(broker);
      broker.pipe(client);
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

test('connections cut again and again: every message once, in order, where its sender was told', {
  timeout: 90_000,
}, async (t) => {
  const seed = Number(process.env.KLAMM_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed} (KLAMM_SEED=${seed} repeats it)`);
  let brokerPort = 0;
  await using cutter = new Cutter(() => brokerPort, seededRandom(seed));
  const port = await cutter.listen();
  const config = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` };
  await using broker = await startBroker({ port: 0, config });
  brokerPort = broker.port;
  await broker.createTopic(TOPIC, PARTITIONS);

  const kafka = new Kafka({ brokers: `127.0.0.1:${port}` });
  const told: string[][] = Array.from({ length: PARTITIONS }, () => []);
  const producer = kafka.producer({ compression: 'lz4' });
  let sent = 0;
  const lane = async (partition: number): Promise<void> => {
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < MESSAGES / PARTITIONS; i++) {
      const value = `${partition}:${i}`;
      waiting.push(
        producer.send({ topic: TOPIC, partition, value }).then(({ offset }) => {
          assert.equal(told[partition]?.[offset], undefined, `offset ${offset} is told twice`);
          (told[partition] as string[])[offset] = value;
          sent++;
        }),
      );
      if (waiting.length % 50 === 0) await waiting.at(-50);
    }
    await Promise.all(waiting);
  };
  await Promise.all(told.map((_, partition) => lane(partition)));
  await producer.close();
  cutter.cutting = false;

  for (const [partition, values] of told.entries()) {
    const stored: string[] = [];
    for await (const message of kafka.consume({
      topic: TOPIC,
      partitions: [partition],
      from: 'earliest',
      toEnd: true,
    })) {
      stored.push(message.text());
    }
    assert.deepEqual(
      stored,
      Array.from({ length: MESSAGES / PARTITIONS }, (_, i) => `${partition}:${i}`),
    );
    assert.deepEqual(values, stored, 'what senders were told is what is there');
  }
  assert.equal(sent, MESSAGES);
  assert.ok(cutter.cuts > 5, `only ${cutter.cuts} connections were cut`);
  t.diagnostic(`${MESSAGES} messages through ${cutter.cuts} cuts`);
});
