// Subscriptions by pattern, with RE2's syntax and its linear time: no pattern can keep the broker busy (KIP-848).
// A pattern must match a topic's whole name, as in Java's Pattern.matches.

import { RE2JS } from 're2js';
import type { GroupRecord } from '../group-record.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import type { Topics } from './subscriptions.ts';

export type Pattern = (topic: string) => boolean;

/** A compiled pattern, or why it is none, for people. */
export function compilePattern(pattern: string): Pattern | { readonly problem: string } {
  try {
    const compiled = RE2JS.compile(pattern);
    return (topic) => compiled.matches(topic);
  } catch (error) {
    return { problem: `"${pattern}" is no regular expression that RE2 knows: ${(error as Error).message}` };
  }
}

/** Names of the topics that match, in order. */
export function namesThat(topics: Topics, matches: Pattern): string[] {
  return topics.topics.map(({ name }) => name).filter(matches);
}

/** What a pattern matches, to be kept. */
export function patternRecord(
  groupId: string,
  regularExpression: string,
  topics: readonly string[],
  timestamp: number,
): GroupRecord {
  return { type: 16, key: { groupId, regularExpression }, value: { topics, version: 0, timestamp } };
}

/** What has changed of what the group's patterns match. */
export function refreshedPatterns({ groupId, patterns }: ConsumerStanding, topics: Topics): GroupRecord[] {
  return Array.from(patterns).flatMap(([pattern, resolved]) => {
    const matches = compilePattern(pattern);
    if (typeof matches !== 'function') return [];
    const names = namesThat(topics, matches);
    const isAsBefore = names.join() === resolved.topics.join();
    return isAsBefore ? [] : [patternRecord(groupId, pattern, names, resolved.timestamp)];
  });
}

/** Forgets patterns that no member has any more. */
export function unusedPatterns({ groupId, members, patterns }: ConsumerStanding): GroupRecord[] {
  const used = new Set(Array.from(members.values(), ({ subscribedTopicRegex }) => subscribedTopicRegex));
  return [...patterns.keys()]
    .filter((pattern) => !used.has(pattern))
    .map((regularExpression) => ({ type: 16, key: { groupId, regularExpression }, value: null }));
}
