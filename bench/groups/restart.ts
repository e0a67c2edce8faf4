// How long a broker takes to serve groups again after a restart, and what they cost in memory: many groups with committed
// offsets, none with members.

import { setTimeout as wait } from 'node:timers/promises';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import type { Broker } from '../../tests/peers/broker.ts';
import { createTopic } from '../broker/requests.ts';
import { addressOf } from '../harness/contestants.ts';
import { processUsage } from '../harness/process-usage.ts';
import type { Figures } from '../harness/rounds.ts';

const PARTITIONS = 10;

/** Commits on the first broker, and measures the second, which `restart` starts on its data. */
export async function groupsAfterRestart(
  first: Broker,
  restart: () => Promise<Broker>,
  groups: number,
): Promise<Figures> {
  const socket = await RawClient.open(addressOf(first).host, addressOf(first).port);
  await createTopic(socket, 'committed', PARTITIONS);
  await answered(socket, 'group-0');
  const before = processUsage(first.pid ?? 0)?.residentMb ?? Number.NaN;
  const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 0,
    committedMetadata: '',
  }));
  for (let at = 0; at < groups; at += 100) {
    const commits = Array.from({ length: Math.min(100, groups - at) }, (_, i) =>
      socket.request(OffsetCommit, 8, {
        groupId: `group-${at + i}`,
        topics: [{ name: 'committed', partitions }],
      }),
    );
    for (const { topics } of await Promise.all(commits)) {
      const refused = topics[0]?.partitions.find(({ errorCode }) => errorCode !== 0);
      if (refused !== undefined) throw new Error(`a commit was refused with ${refused.errorCode}`);
    }
  }
  socket.close();
  await first.stop();
  const begun = performance.now();
  const second = await restart();
  const again = await RawClient.open(addressOf(second).host, addressOf(second).port);
  await Promise.all(
    [0, 1, 2].map((part) => answered(again, `group-${Math.floor((part * (groups - 1)) / 2)}`)),
  );
  const readyMs = performance.now() - begun;
  const resident = processUsage(second.pid ?? 0)?.residentMb ?? Number.NaN;
  again.close();
  return {
    'restart until offsets are answered ms': readyMs,
    'resident MB after': resident,
    'resident MB before': before,
  };
}

/** Resolves when the group's offsets are answered. */
async function answered(socket: RawClient, groupId: string): Promise<void> {
  for (;;) {
    await socket.request(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] });
    const { groups } = await socket.request(OffsetFetch, 8, { groups: [{ groupId, topics: null }] });
    if (groups[0]?.errorCode === 0) return;
    await wait(20);
  }
}
