// Subscriptions by pattern, with RE2's syntax and its linear time: no pattern can keep the broker busy (KIP-848).
// A pattern must match a topic's whole name, as in Java's Pattern.matches.

import { RE2JS } from 're2js';
import type { GroupRecord } from '../group-record.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import type { Topics } from './subscriptions.ts';

export type Pattern = (topic: string) => boolean;

/** Time is linear in the pattern too, and it is matched against every topic; Apache Kafka has no such limit. */
const LENGTH_MAX = 4096;

/** A compiled pattern, or why it is none, for people. */
export function compilePattern(pattern: string): Pattern | { readonly problem: string } {
  if (pattern.length > LENGTH_MAX) {
    return { problem: `The regular expression has ${pattern.length} characters; ${LENGTH_MAX} are allowed.` };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return (topic) => compiled.matches(topic);
  } catch (error) {
    return { problem: `"${pattern}" is no regular expression that RE2 knows: ${(error as Error).message}` };
  }
}

/** Names of the topics that match and that whoever asks may know of, in order. */
export function namesThat(topics: Topics, matches: Pattern, mayDescribe: Pattern): string[] {
  return topics.topics.map(({ name }) => name).filter((name) => matches(name) && mayDescribe(name));
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

/** What has changed of what the members' patterns match. */
export function refreshedPatterns(
  standing: ConsumerStanding,
  topics: Topics,
  mayDescribe: Pattern,
  now: number,
): GroupRecord[] {
  return [...patternsInUse(standing)].flatMap((pattern) => {
    const matches = compilePattern(pattern);
    if (typeof matches !== 'function') return [];
    const names = namesThat(topics, matches, mayDescribe);
    const isAsBefore = names.join() === [...(standing.patterns.get(pattern)?.topics ?? [])].sort().join();
    const isKnown = standing.patterns.has(pattern);
    return isKnown && isAsBefore ? [] : [patternRecord(standing.groupId, pattern, names, now)];
  });
}

/** Forgets patterns that no member has any more. */
export function unusedPatterns(standing: ConsumerStanding): GroupRecord[] {
  const { groupId, patterns } = standing;
  const used = patternsInUse(standing);
  return [...patterns.keys()]
    .filter((pattern) => !used.has(pattern))
    .map((regularExpression) => ({ type: 16, key: { groupId, regularExpression }, value: null }));
}

function patternsInUse({ members }: ConsumerStanding): Set<string> {
  const used = new Set<string>();
  for (const { subscribedTopicRegex } of members.values()) {
    if (subscribedTopicRegex !== null) used.add(subscribedTopicRegex);
  }
  return used;
}
