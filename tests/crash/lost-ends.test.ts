// A network that loses the ends of transactions, between our client and a broker: the request, or its answer, for a while
// or for longer than the client asks again. Whether the transaction was committed has to be found out then; either way the
// transform brings each message once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { Kafka } from 'klamm';
import { startBroker } from 'klamm/broker';

const MESSAGES = 60;

/** Passes bytes on to `port`; hangs up at an EndTxn instead, before or after the broker has answered it. */
class EndLoser implements AsyncDisposable {
  /** What of it is lost for now. */
  losing: 'request' | 'answer' | undefined;
  losses = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#accept(client));
  readonly #port: () => number;
  readonly #lossesMost: number;

  constructor(port: () => number, lossesMost: number) {
    this.#port = port;
    this.#lossesMost = lossesMost;
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

  #accept(client: Socket): void {
    const broker = connect({ host: '127.0.0.1', port: this.#port(), noDelay: true });
    client.setNoDelay(true);
    const end = (): void => {
      for (const socket of [client, broker]) {
        this.#sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    let isAnswerLost = false;
    let bytes = Buffer.alloc(0);
    client.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
      while (bytes.length >= 6 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const frame = bytes.subarray(0, 4 + bytes.readInt32BE(0));
        bytes = bytes.subarray(frame.length);
        const losing = frame.readInt16BE(4) === EndTxn.key ? this.losing : undefined;
        if (losing !== undefined) {
          if (++this.losses === this.#lossesMost) this.losing = undefined;
          if (losing === 'request') return end();
          isAnswerLost = true;
        }
        broker.write(frame);
      }
    });
    broker.on('data', (chunk) => {
      if (isAnswerLost) end();
      else client.write(chunk);
    });
  }
}

for (const what of ['request', 'answer'] as const) {
  for (const [howLong, lossesMost] of [
    ['once', 1],
    ['for longer than it asks again', Number.POSITIVE_INFINITY],
  ] as const) {
    test(`the ${what} that ends a transaction is lost ${howLong}: each message still comes out once`, async () => {
      let brokerPort = 0;
      await using network = new EndLoser(() => brokerPort, lossesMost);
      const port = await network.listen();
      const config = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` };
      await using broker = await startBroker({ port: 0, config });
      brokerPort = broker.port;
      const direct = new Kafka({ brokers: broker.bootstrap });
      await using admin = direct.admin();
      for (const name of ['from', 'to']) await admin.createTopic({ name, partitions: 2 });
      await using producer = direct.producer();
      const values = Array.from({ length: MESSAGES }, (_, i) => `${i}`);
      await producer.sendBatch(values.map((value, i) => ({ topic: 'from', partition: i % 2, value })));

      const done = new AbortController();
      const aborted: unknown[] = [];
      let seen = 0;
      const running = new Kafka({ brokers: `127.0.0.1:${port}`, retryTimeoutMs: 600 })
        .transform({
          from: { groupId: 'copiers', topics: 'from' },
          to: { transactionalId: 'copier' },
          commitIntervalMs: 60_000,
          maxMessages: 10,
          signal: done.signal,
          onAborted: (cause) => {
            network.losing = undefined;
            aborted.push((cause as { code?: string }).code);
          },
        })
        .run((message) => {
          // In the middle of the third transaction.
          if (++seen === 25) network.losing = what;
          return { topic: 'to', partition: message.partition, value: message.text() };
        });
      const written: string[] = [];
      for await (const message of direct.consume({ topic: 'to', from: 'earliest', readCommitted: true })) {
        written.push(message.text());
        if (new Set(written).size === MESSAGES) break;
      }
      done.abort();
      await running;
      assert.deepEqual(
        written.map(Number).sort((a, b) => a - b),
        values.map(Number),
      );
      assert.ok(network.losses > 0);
      assert.deepEqual(aborted, lossesMost === 1 ? [] : ['TRANSACTION_OUTCOME_UNKNOWN']);
    });
  }
}
