// What the members of a group wrote down, read back, and what must hold of it.
//
// Every record is read at least once. A record is read again only where its offset was not committed when the partition
// went over: a member that begins after a commit was acknowledged begins behind it. While a member has a partition, it
// reads it in order.

import { existsSync, readFileSync } from 'node:fs';

export interface Line {
  readonly member: string;
  readonly letter: string;
  readonly at: number;
  readonly text: string;
}

/** The lines of all members, each member's in order. The last line of one that was killed may be cut. */
export function readLedger(files: ReadonlyMap<string, string>): Line[] {
  return [...files].flatMap(([member, file]) => {
    if (!existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => {
        if (member.endsWith('foreign')) return foreignLine(member, line);
        const [letter = '', at = '', ...rest] = line.split(' ');
        return [{ member, letter, at: Number(at), text: rest.join(' ') }];
      });
  });
}

/** A message as other programs print it: JSON, or as Java's console consumer does. They tell nothing else. */
function foreignLine(member: string, line: string): Line[] {
  const java = /^Partition:(\d+)\tOffset:(\d+)/.exec(line);
  const json = line.startsWith('{') ? JSON.parse(line) : {};
  const [partition, offset] =
    java !== null ? [java[1], java[2]] : json.event === 'message' ? [json.partition, json.offset] : [];
  return partition === undefined ? [] : [{ member, letter: 'R', at: 0, text: `${partition} ${offset}` }];
}

/** The partitions that each of these members has, as it knows. */
export function holdersOf(lines: readonly Line[], alive: ReadonlySet<string>): Map<number, string[]> {
  const held = new Map<string, Set<number>>();
  for (const { member, letter, text } of lines) {
    const mine = held.get(member) ?? new Set<number>();
    held.set(member, mine);
    const partitions = text.split(',').filter(Boolean).map(Number);
    if (letter === 'A') for (const partition of partitions) mine.add(partition);
    if (letter === 'V' || letter === 'L') for (const partition of partitions) mine.delete(partition);
    if (letter === 'X') mine.clear();
  }
  const holders = new Map<number, string[]>();
  for (const [member, partitions] of held) {
    if (!alive.has(member)) continue;
    for (const partition of partitions) holders.set(partition, [...(holders.get(partition) ?? []), member]);
  }
  return holders;
}

/** Offsets of a partition that nobody has read. */
export function skippedOf(lines: readonly Line[], ends: ReadonlyMap<number, number>): string[] {
  const read = new Map<number, Set<number>>();
  for (const { letter, text } of lines) {
    if (letter !== 'R') continue;
    const [partition = 0, offset = 0] = text.split(' ').map(Number);
    const offsets = read.get(partition) ?? new Set<number>();
    read.set(partition, offsets.add(offset));
  }
  return [...ends].flatMap(([partition, end]) => {
    const offsets = read.get(partition) ?? new Set<number>();
    const missing = Array.from({ length: end }, (_, offset) => offset).filter(
      (offset) => !offsets.has(offset),
    );
    return missing.length === 0
      ? []
      : [`partition ${partition}: ${missing.length} of ${end}, from ${missing[0]}`];
  });
}

/**
 * Records that were read though a commit behind them was acknowledged before their reader was given the partition, and
 * records out of order. A member whose name ends in `stream` reads each record of a stay once; a handler may be given
 * again what it has not marked.
 */
export function violationsOf(lines: readonly Line[]): string[] {
  const commits = new Map<number, { at: number; offset: number }[]>();
  for (const { letter, at, text } of lines) {
    if (letter !== 'C') continue;
    for (const pair of text.split(',')) {
      const [partition = 0, offset = 0] = pair.split(':').map(Number);
      commits.set(partition, [...(commits.get(partition) ?? []), { at, offset }]);
    }
  }
  const committedBefore = (partition: number, at: number): number =>
    (commits.get(partition) ?? []).reduce(
      (most, each) => (each.at < at ? Math.max(most, each.offset) : most),
      0,
    );

  const found: string[] = [];
  /** By member and partition: from where it may read in this stay. */
  const stays = new Map<string, { from: number; next: number }>();
  for (const { member, letter, at, text } of lines) {
    if (letter === 'A') {
      for (const partition of text.split(',').filter(Boolean).map(Number)) {
        stays.set(`${member}/${partition}`, { from: committedBefore(partition, at), next: 0 });
      }
    }
    if (letter !== 'R' || member.endsWith('foreign')) continue;
    const [partition = 0, offset = 0] = text.split(' ').map(Number);
    const stay = stays.get(`${member}/${partition}`);
    if (stay === undefined) found.push(`${member} read ${partition}@${offset}, which it was never given`);
    else if (offset < stay.from) {
      found.push(
        `${member} read ${partition}@${offset} again; ${stay.from} was committed before it was given the partition`,
      );
    } else if (member.endsWith('stream') && offset < stay.next) {
      found.push(`${member} read ${partition}@${offset} after ${partition}@${stay.next - 1}`);
    }
    if (stay !== undefined) stay.next = offset + 1;
  }
  return found;
}
