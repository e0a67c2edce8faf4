// Java's own ProducerPerformance against a broker: what a JVM client sees. Consuming by Java's ConsumerPerformance
// needs a group, so it comes with the groups.

import type { Java } from '../../tests/peers/java.ts';
import { processUsage } from '../harness/process-usage.ts';
import type { Figures } from '../harness/rounds.ts';

export interface JavaProduce {
  readonly topic: string;
  readonly records: number;
  readonly bytes: number;
  readonly compression?: string;
}

export async function javaProduce(
  java: Java,
  bootstrap: string,
  brokerPid: number,
  of: JavaProduce,
): Promise<Figures> {
  const before = processUsage(brokerPid)?.cpuSeconds ?? Number.NaN;
  const { stdout } = await java.run('org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    of.topic,
    '--num-records',
    String(of.records),
    '--record-size',
    String(of.bytes),
    '--throughput',
    '-1',
    '--producer-props',
    `bootstrap.servers=${bootstrap}`,
    'acks=all',
    ...(of.compression === undefined ? [] : [`compression.type=${of.compression}`]),
  ]);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const perSecond = Number(/([\d.]+) records\/sec/.exec(last)?.[1]);
  if (!(perSecond > 0)) throw new Error(`ProducerPerformance said nothing that can be read: ${last}`);
  const after = processUsage(brokerPid);
  return {
    'msg/s': perSecond,
    'broker CPU s per million': (((after?.cpuSeconds ?? Number.NaN) - before) * 1e6) / of.records,
    'broker peak MB': after?.peakMb ?? Number.NaN,
  };
}
