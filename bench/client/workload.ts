// The work every client does, and how it is measured: the same loops around each client's own calls, in a process
// of its own, so that CPU time and peak memory are the client's alone.

/** What a client's file provides. A message's value is `value`; it has no key. */
export interface Driver {
  /** Connects and sends one message, so that nothing measured includes the start. */
  openProducer(bootstrap: string, topic: string, value: Buffer): Promise<ProducerDriver>;
  /** Connects and ends one transaction of one message. Clients without transactions leave it out. */
  openTransactions?(bootstrap: string, topic: string, value: Buffer): Promise<TransactionDriver>;
  /** Reads `count` messages, only committed ones, from the beginning of the topic's one partition. */
  consume(bootstrap: string, topic: string, count: number, mode: 'each' | 'batch'): Promise<void>;
}

export interface ProducerDriver {
  /** Sends one message, awaited, acks=all. */
  send(): Promise<unknown>;
  /** Sends `count` messages by one call, awaited, acks=all. */
  sendBatch(count: number): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface TransactionDriver {
  /** Sends `count` messages in a transaction and commits it. */
  transaction(count: number): Promise<unknown>;
  close(): Promise<unknown>;
}

export const WORKLOADS = [
  'awaited one by one',
  '100 awaited in flight',
  'batches of 100',
  'batches of 1000',
  '4 x 1000 in flight',
  'consume each',
  'consume batches',
] as const;
export const TRANSACTION_SIZES = [1, 100, 10_000] as const;
export type PlainWorkload = (typeof WORKLOADS)[number];
export type Workload = PlainWorkload | `transactions of ${(typeof TRANSACTION_SIZES)[number]}`;

/** Runs the workload named on the command line and prints its figures as one line of JSON. */
export async function main(driver: Driver): Promise<void> {
  const [, , workload = '', bootstrap = '', topic = '', countText = '', bytesText = ''] = process.argv;
  const count = Number(countText);
  const value = Buffer.alloc(Number(bytesText), 'k');
  let run: () => Promise<unknown>;
  let close: () => Promise<unknown> = async () => {};
  if (workload.startsWith('consume')) {
    run = () => driver.consume(bootstrap, topic, count, workload === 'consume each' ? 'each' : 'batch');
  } else if (workload.startsWith('transactions of ')) {
    const transactions = await driver.openTransactions?.(bootstrap, topic, value);
    if (transactions === undefined) throw new Error('This client has no transactions.');
    const size = Number(workload.split(' ').at(-1));
    close = () => transactions.close();
    run = async () => {
      for (let sent = 0; sent < count; sent += size) await transactions.transaction(size);
    };
  } else {
    const producer = await driver.openProducer(bootstrap, topic, value);
    close = () => producer.close();
    run = () => produce(producer, workload as Workload, count);
  }
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  await close();
  const figures = {
    'msg/s': count / seconds,
    'CPU s per million': (cpu.user + cpu.system) / count,
    'peak MB': (process.resourceUsage().maxRSS * 1024) / 1e6,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
}

async function produce(producer: ProducerDriver, workload: Workload, count: number): Promise<void> {
  const loop = async (times: number, call: () => Promise<unknown>): Promise<void> => {
    for (let i = 0; i < times; i++) await call();
  };
  const side = (workers: number, times: number, call: () => Promise<unknown>): Promise<unknown> =>
    Promise.all(Array.from({ length: workers }, () => loop(times, call)));
  switch (workload) {
    case 'awaited one by one':
      await loop(count, () => producer.send());
      break;
    case '100 awaited in flight':
      await side(100, count / 100, () => producer.send());
      break;
    case 'batches of 100':
      await loop(count / 100, () => producer.sendBatch(100));
      break;
    case 'batches of 1000':
      await loop(count / 1000, () => producer.sendBatch(1000));
      break;
    case '4 x 1000 in flight':
      await side(4, count / 4000, () => producer.sendBatch(1000));
      break;
    default:
      throw new Error(`There is no workload "${workload}"; there are: ${WORKLOADS.join(', ')}.`);
  }
}
