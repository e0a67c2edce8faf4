// Reads a topic and writes another: for each order an invoice, once, however often this program or the broker is killed.
// Start it again with the same transactional id; a second one beside it needs another, and shares the partitions.
//
//   node examples/exactly-once.ts [host:port] [from] [to] [transactional id]

import { Kafka } from 'klamm';

const [, , brokers = '127.0.0.1:9092', from = 'orders', to = 'invoices', transactionalId = 'billing-1'] =
  process.argv;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const billing = new Kafka({ brokers }).transform({
  from: { groupId: 'billing', topics: from },
  to: { transactionalId, transactionTimeoutMs: 10_000 },
  signal: stop.signal,
  onAborted: (cause) => console.log(`Done again: ${cause instanceof Error ? cause.message : cause}`),
});
await billing.run((order) => {
  console.log(`Order ${order.partition}/${order.offset}`);
  return { topic: to, key: order.key, value: `invoice for ${order.text()}` };
});
