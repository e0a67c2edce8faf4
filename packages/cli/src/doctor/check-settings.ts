// Settings that are none, values that cannot be, and settings that do nothing any more.

import { KlammError } from '@klamm/base/errors';
import { foreignMeaning, isImageVariable } from '@klamm/broker/config/broker-foreign';
import { BrokerSettings, type SettingEntry } from '@klamm/broker/config/settings';
import { type Deployment, inForce, written } from './deployment.ts';
import type { Finding } from './finding.ts';

/** Least segment size that Apache Kafka takes of a topic. */
const SEGMENT_BYTES_MIN = 1024 * 1024;

const INTERNAL_SEGMENTS = [
  ['offsets.topic.segment.bytes', '__consumer_offsets'],
  ['transaction.state.log.segment.bytes', '__transaction_state'],
  ['share.coordinator.state.topic.segment.bytes', '__share_group_state'],
] as const;

export function checkSettings({ nodes }: Deployment): Finding[] {
  return nodes.flatMap((node) => {
    const of = { nodes: [node.name] };
    const seen = new Set<string>();
    const first = node.entries.filter(({ name }) => !seen.has(name) && seen.add(name));
    return first.flatMap((entry): Finding[] => {
      if (entry.remark !== undefined) {
        return [
          {
            ...of,
            level: 'warning',
            code: 'setting-unknown',
            places: [entry.source],
            what: entry.remark,
            instead: null,
          },
        ];
      }
      if (isImageVariable(entry.name)) return [];
      const problem = problemOf(entry);
      if (problem !== undefined) {
        const code = problem.startsWith('no such setting') ? 'setting-unknown' : 'setting-value';
        return [
          {
            ...of,
            level: 'error',
            code,
            places: [entry.source],
            what: `${entry.name}: ${problem}.`,
            instead: null,
          },
        ];
      }
      const meaning = foreignMeaning(entry.name);
      if (meaning === undefined || /image/.test(meaning)) return [];
      const what = `${entry.name} has no effect: ${meaning}.`;
      return [
        {
          ...of,
          level: 'note',
          code: 'setting-without-effect',
          places: [entry.source],
          what,
          instead: `Leave it out.`,
        },
      ];
    });
  });
}

/** What the broker itself would say of this one entry, without the name and the place, which are told apart. */
function problemOf(entry: SettingEntry): string | undefined {
  try {
    BrokerSettings.from([entry]);
    return undefined;
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    const line = error.message.split('\n  ')[1] ?? error.message;
    const at = line.indexOf(`(${entry.source}): `);
    return (at < 0 ? line : line.slice(at + entry.source.length + 4)).replace(/\.$/, '');
  }
}

export function checkSegments({ nodes }: Deployment): Finding[] {
  return nodes.flatMap((node) =>
    INTERNAL_SEGMENTS.flatMap(([name, topic]): Finding[] => {
      const bytes = Number(inForce(node, name));
      const entry = node.entries.find((one) => one.name === name);
      if (entry === undefined || bytes >= SEGMENT_BYTES_MIN) return [];
      return [
        {
          level: 'error',
          code: 'internal-segment-small',
          nodes: [node.name],
          places: [entry.source],
          what: `${name} is ${bytes} bytes. No topic may have segments below 1 MiB (1048576 bytes), so that ${topic} is never created, and what needs it waits for ever.`,
          instead: `${written(node, name, '1048576')}, or more, or leave it out`,
        },
      ];
    }),
  );
}
