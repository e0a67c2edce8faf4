// Moves money from one account to another: both records, or neither. The third transfer is refused halfway, and aborted.
//
//   node examples/transaction.ts [host:port] [topic]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', topic = 'accounts'] = process.argv;

const kafka = new Kafka({ brokers });
// Whoever uses this name next fences this producer off: after a crash, start with the same one.
await using producer = kafka.producer({ transactionalId: 'ledger-1' });

const balances = new Map([
  ['anna', 15],
  ['ben', 0],
]);

async function transfer(from: string, to: string, amount: number): Promise<void> {
  await producer.transaction(async (txn) => {
    await txn.send({ topic, key: to, value: `+${amount}` });
    const left = (balances.get(from) ?? 0) - amount;
    if (left < 0) throw new Error(`${from} has not got ${amount}`);
    await txn.send({ topic, key: from, value: `-${amount}` });
    balances.set(from, left);
  });
}

for (const amount of [10, 5, 1]) {
  try {
    await transfer('anna', 'ben', amount);
    console.log(`moved ${amount}`);
  } catch (cause) {
    console.log(`not moved: ${cause instanceof Error ? cause.message : cause}`);
  }
}

// Behind the last transaction, so that a reader of committed records knows when it has seen all.
await producer.transaction((txn) => txn.send({ topic, key: null, value: 'end of day' }));
for await (const message of kafka.consume({ topic, from: 'earliest', readCommitted: true })) {
  console.log(message.key === null ? message.text() : `${message.key} ${message.text()}`);
  if (message.key === null) break;
}
