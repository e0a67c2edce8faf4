// `klamm mirror verify`: compares both ends.

import type { PartitionVerdict } from '@klamm/mirror/verify';
import type { CommandRun } from '../command.ts';
import { wholeNumber } from '../flag-values.ts';
import { mirrorEnds, mirrorName } from '../mirror-ends.ts';
import type { Row } from '../output/rows.ts';

const COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partition', title: 'PARTITION', isNumber: true },
  { key: 'from', title: 'FROM', isNumber: true },
  { key: 'to', title: 'TO', isNumber: true },
  { key: 'records', title: 'RECORDS', isNumber: true },
  { key: 'ranges', title: 'RANGES', isNumber: true, isWide: true },
  { key: 'by', title: 'BY', isWide: true },
  { key: 'result', title: 'RESULT' },
];

export const verifyMirror: CommandRun = async (context, _parameters, flags) => {
  const rangeSize = wholeNumber(flags, 'range', '--range', 1);
  await using ends = await mirrorEnds(context, flags);
  const { StateLog } = await import('@klamm/mirror/state-log');
  const { RANGE_SIZE, verify } = await import('@klamm/mirror/verify');
  const { isSelected } = await import('@klamm/mirror/topics');
  await using log = new StateLog(ends.target.kafka, mirrorName(flags));
  await log.refresh();
  const selection = { include: flags.list('topic'), exclude: flags.list('exclude') };
  const verdicts = await verify(ends, log.state, {
    rangeSize: rangeSize ?? RANGE_SIZE,
    isSelected: (topic) => isSelected(topic, selection),
    told: (verdict) => tell(verdict, (text) => context.fail(text)),
  });
  await context.rows(COLUMNS, verdicts.map(rowOf), 'The mirror has no such topic.');
};

function tell({ topic, partition, differences }: PartitionVerdict, fail: (text: string) => void): void {
  for (const { from, to, source, target } of differences) {
    fail(
      `${topic}-${partition} differs from offset ${from} to ${to}: ${source?.count ?? 0} records on the source, ${target?.count ?? 0} on the target.`,
    );
  }
}

function rowOf({ differences, ...verdict }: PartitionVerdict): Row {
  const ranges = differences.map(({ from, to }) => ({ from, to }));
  return { ...verdict, result: differences.length === 0 ? 'same' : 'different', differences: ranges };
}
