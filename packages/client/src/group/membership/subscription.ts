// What a member subscribes to: names of topics, or a pattern that names match as a whole. In the consumer protocol the
// broker matches it as RE2; in the classic one each member matches it by itself.

/** What a program may say: `['a', 'b']` or `/orders-.+/`. */
export type Topics = readonly string[] | RegExp;

/** The text for the broker: flags that RE2 has stand in front. */
export function re2Of(pattern: RegExp): string {
  const flags = [...pattern.flags].filter((flag) => 'ims'.includes(flag)).join('');
  return flags === '' ? pattern.source : `(?${flags})${pattern.source}`;
}

/** Those of `names` that match as a whole, in order. */
export function matching(pattern: RegExp, names: readonly string[]): string[] {
  const flags = pattern.flags.replace(/[gy]/g, '');
  const whole = new RegExp(`^(?:${pattern.source})$`, flags);
  return names.filter((name) => whole.test(name)).sort();
}

export function isSameTopics(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((topic) => b.includes(topic));
}

/** For people. */
export function topicsText(topics: Topics): string {
  if (topics instanceof RegExp) return `topics that match ${String(topics)}`;
  return topics.length === 1 ? `the topic "${topics[0]}"` : `${topics.length} topics`;
}
