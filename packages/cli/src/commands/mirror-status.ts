// `klamm mirror status`.

import type { CommandRun } from '../command.ts';
import { mirrorEnds, mirrorName } from '../mirror-ends.ts';

const COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partition', title: 'PARTITION', isNumber: true },
  { key: 'sourceStart', title: 'SOURCE START', isNumber: true, isWide: true },
  { key: 'sourceEnd', title: 'SOURCE END', isNumber: true },
  { key: 'targetStart', title: 'TARGET START', isNumber: true, isWide: true },
  { key: 'targetEnd', title: 'TARGET END', isNumber: true },
  { key: 'lag', title: 'LAG', isNumber: true },
  { key: 'rate', title: 'OFFSETS/S', isNumber: true },
  { key: 'offsets', title: 'OFFSETS' },
];

export const mirrorStatusCommand: CommandRun = async (context, _parameters, flags) => {
  await using ends = await mirrorEnds(context, flags);
  const { mirrorStatus } = await import('@klamm/mirror/status');
  const name = mirrorName(flags);
  const { state, members, partitions } = await mirrorStatus(ends, name, { clock: context.clock, rate: true });
  if (state === undefined) {
    context.fail(`The target knows no mirror "${name}".`);
    return;
  }
  const [worker, ...others] = members;
  const behind = partitions.reduce((sum, { lag }) => sum + lag, 0);
  const running = worker === undefined ? 'does not run' : `runs on ${worker.host}`;
  const waiting = others.length > 0 ? `, ${others.length} wait` : '';
  const over =
    state.cutover?.phase === 'done' ? ` It was cut over ${new Date(state.cutover.at).toISOString()}.` : '';
  context.say(`The mirror "${name}" ${running}${waiting}; ${behind} offsets behind.${over}`);
  await context.rows(COLUMNS, partitions as never, 'It has no topic.');
};
