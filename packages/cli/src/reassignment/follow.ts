// Waits until partitions have moved, with a line that says how far it is. Who is interrupted stops looking: the cluster goes
// on moving.

import { sleep } from '@klamm/base/clock';
import type { Admin } from '@klamm/client/admin/admin';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { CommandContext } from '../context.ts';
import { startProgress } from '../output/progress.ts';

const LOOK_EVERY_MS = 500;

/** Resolves with true when none of these moves any more, with false when Ctrl-C came before that. */
export async function followMoves(
  context: CommandContext,
  admin: Admin,
  partitions: readonly TopicPartition[],
): Promise<boolean> {
  const all = new Set(partitions.map(partitionText));
  const { interrupted } = context;
  let moving = all.size;
  const line = (): string =>
    `${all.size - moving} of ${all.size} partitions have moved. Ctrl-C stops looking.`;
  const progress = startProgress(process.stderr, context.clock, line);
  try {
    while (!interrupted.aborted) {
      const under = await admin.listReassignments(partitions);
      moving = under.length;
      if (moving === 0) return true;
      await sleep(context.clock, LOOK_EVERY_MS, interrupted).catch(() => {});
    }
    return false;
  } finally {
    progress.end();
  }
}
