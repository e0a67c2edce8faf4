// `klamm mirror cutover`: the checked list, and the end of the mirror.

import type { CutoverCheck } from '@klamm/mirror/cutover';
import type { CommandRun } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { mirrorEnds, mirrorName } from '../mirror-ends.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS = [
  { key: 'check', title: 'CHECK' },
  { key: 'result', title: 'RESULT' },
  { key: 'detail', title: 'DETAIL' },
];
const SETTLE = '5s';

export const cutoverMirror: CommandRun = async (context, _parameters, flags) => {
  const settle = flags.text('settle') ?? SETTLE;
  const settleMs = parseDuration(settle);
  if (settleMs === undefined) throw usageError(`--settle ${settle}: write it as 500ms, 10s or 1m.`);
  const { dryRun, output } = context.globals;
  await using ends = await mirrorEnds(context, flags);
  const { cutover } = await import('@klamm/mirror/cutover');
  const checks: CutoverCheck[] = [];
  const isTable = output === undefined || output === 'table';
  const isOver = await cutover(ends, {
    name: mirrorName(flags),
    groups: { include: flags.list('group'), exclude: flags.list('excludeGroup') },
    settleMs,
    verify: !flags.off('verify'),
    dryRun,
    clock: context.clock,
    told: (check) => {
      checks.push(check);
      // A table is for the end; somebody who watches sees each as it falls.
      if (isTable) context.say(`${check.result.padEnd(6)} ${check.check}: ${check.detail}`);
    },
  });
  if (checks.some(({ result }) => result === 'failed')) context.hasFailed = true;
  if (!isTable)
    await context.rows(
      COLUMNS,
      checks.map((check) => ({ ...check })),
      '',
    );
  if (isOver) return;
  context.say(
    context.hasFailed
      ? 'Nothing was ended: the mirror goes on, or may be started again.'
      : 'Nothing speaks against it.',
  );
};
