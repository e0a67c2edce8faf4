// What the movers wrote down, beside what readers of committed records saw, and what must hold of the two.
//
// A mover writes, each with the time: N before it asks for its transactional id, I when it has it, B before the first
// record of a transaction, C when its commit was acknowledged, A when its abort was, E for trouble, X at its end. The name
// of a transaction is TRANSACTIONAL_ID.INCARNATION:COUNT, with a `!` where its mover never commits it.

import { existsSync, readFileSync } from 'node:fs';
import type { Entry } from './plan.ts';

export interface Line {
  /** TRANSACTIONAL_ID.INCARNATION */
  readonly client: string;
  readonly letter: string;
  readonly at: number;
  readonly text: string;
}

export interface Seen {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
}

/** The lines of all clients, each one's in order. The last line of one that was killed may be cut. */
export function readBooks(files: ReadonlyMap<string, string>): Line[] {
  return [...files].flatMap(([client, file]) => {
    if (!existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [letter = '', at = '', ...rest] = line.split(' ');
        return { client, letter, at: Number(at), text: rest.join(' ') };
      });
  });
}

/** The names of the transactions that are seen. */
export function namesOf(records: readonly Seen[]): Set<string> {
  return new Set(records.map(({ value }) => entryOf(value).txn));
}

/** What is amiss in the ledger alone: transactions in part, twice, or unbalanced, and accounts that do not add up. */
export function unbalanced(ledger: readonly Seen[]): string[] {
  const transactions = new Map<string, Entry[]>();
  let total = 0;
  for (const { value } of ledger) {
    const entry = entryOf(value);
    transactions.set(entry.txn, [...(transactions.get(entry.txn) ?? []), entry]);
    total += entry.amount;
  }
  const amiss = [...transactions].flatMap(([txn, entries]) => {
    const places = entries.map(({ i }) => i).sort((a, b) => a - b);
    const expected = Array.from({ length: entries[0]?.of ?? 0 }, (_, i) => i);
    return places.join() === expected.join()
      ? []
      : [`${txn} has the records ${places.join()} of ${expected.length}`];
  });
  return total === 0 ? amiss : [...amiss, `the accounts add up to ${total}`];
}

/** What movers were told that is not so, and what was seen of movers that had been fenced off. */
export function untrue(lines: readonly Line[], seen: ReadonlySet<string>): string[] {
  const amiss: string[] = [];
  const begun = new Map<string, number>();
  /** By client: when it asked for its transactional id, and when it had it. */
  const asked = new Map<string, number>();
  const had = new Map<string, number>();
  for (const { client, letter, at, text } of lines) {
    if (letter === 'N') asked.set(client, at);
    if (letter === 'I') had.set(client, at);
    if (letter === 'B') begun.set(text, at);
    if (letter === 'C' && isTransaction(text) && !seen.has(text))
      amiss.push(`${text} was committed, and is not seen`);
    if (letter === 'A' && seen.has(text)) amiss.push(`${text} was aborted, and is seen`);
  }
  for (const txn of seen) {
    if (txn.endsWith('!')) amiss.push(`${txn} was never committed, and is seen`);
    const at = begun.get(txn);
    if (at === undefined) {
      amiss.push(`${txn} is seen, and nobody began it`);
      continue;
    }
    const [own = ''] = txn.split(':');
    const heir = [...had].find(
      ([client, since]) =>
        placeOf(client) === placeOf(own) && (asked.get(client) ?? 0) > (had.get(own) ?? 0) && since < at,
    );
    if (heir !== undefined) amiss.push(`${txn} was begun and committed after ${heir[0]} had taken its place`);
  }
  return amiss;
}

/** How the copy of a partition differs from it, which it may not: the same records in the same order, once. */
export function miscopied(ledger: readonly Seen[], copy: readonly Seen[], partition: number): string[] {
  const valuesOf = (records: readonly Seen[]): string[] =>
    records.filter((record) => record.partition === partition).map(({ value }) => value);
  const [originals, copies] = [valuesOf(ledger), valuesOf(copy)];
  const at = originals.findIndex((value, i) => value !== copies[i]);
  if (at < 0 && copies.length === originals.length) return [];
  const first = at < 0 ? originals.length : at;
  const told = (values: readonly string[]): string =>
    values
      .slice(first, first + 3)
      .map((value) => `${entryOf(value).txn}#${entryOf(value).i}`)
      .join(' ') || 'nothing';
  const again = copies.length - new Set(copies).size;
  const copied = new Set(copies);
  const missing = originals.filter((value) => !copied.has(value)).length;
  return [
    `partition ${partition}: ${copies.length} copies of ${originals.length} records, ${again} of them again; from record ${first} on there is ${told(copies)}, and should be ${told(originals)}`,
  ].concat(missing > 0 ? [`partition ${partition}: ${missing} were not copied`] : []);
}

/** Where a compacted log lost the last record of a key, or shows one that was never committed. */
export function miscompacted(before: readonly Seen[], after: readonly Seen[]): string[] {
  const placeIn = ({ partition, offset }: Seen): string => `${partition}@${offset}`;
  const known = new Map(before.map((record) => [placeIn(record), record]));
  const last = new Map(before.map((record) => [record.key, record]));
  const kept = new Set(after.map(placeIn));
  return [
    ...after.filter((record) => known.get(placeIn(record))?.value !== record.value),
    ...[...last.values()].filter((record) => !kept.has(placeIn(record))),
  ].map((record) => `${placeIn(record)}, key ${record.key}: ${entryOf(record.value).txn}`);
}

function entryOf(value: string): Entry {
  return JSON.parse(value);
}

function isTransaction(text: string): boolean {
  return text.includes(':');
}

function placeOf(client: string): string {
  return client.slice(0, client.lastIndexOf('.'));
}
