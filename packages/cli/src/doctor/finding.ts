// What `klamm doctor` says of settings: how bad it is, what is wrong in plain words, where it is written, and what to
// write instead. A check is a pure function from settings to findings.

import type { Deployment } from './deployment.ts';

/** error: it does not work, or anybody gets in. warning: it works until something happens. note: good to know. */
export const LEVELS = ['error', 'warning', 'note'] as const;
export type Level = (typeof LEVELS)[number];

export interface Finding {
  readonly level: Level;
  /** A short name that stays the same: `two-voters`. */
  readonly code: string;
  /** Names of the nodes it is about. */
  readonly nodes: readonly string[];
  /** Where it is written: `compose.yml:12 KAFKA_LISTENERS`, `server.properties:3`. */
  readonly places: readonly string[];
  /** What is wrong, and what comes of it. */
  readonly what: string;
  /** What to write instead; null where there is nothing to be written. */
  readonly instead: string | null;
}

export type Check = (deployment: Deployment) => readonly Finding[];

/** The same of several nodes is said once; what is worst comes first. */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.level, finding.code, finding.what, finding.instead]);
    const other = merged.get(key);
    const nodes = [...new Set([...(other?.nodes ?? []), ...finding.nodes])];
    const places = [...new Set([...(other?.places ?? []), ...finding.places])];
    merged.set(key, { ...finding, nodes, places });
  }
  return [...merged.values()].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
