// Which programs of other people are on this machine, and what a test does about one that is not.
//
// The rule: a missing peer skips its tests by name with the reason; with KLAMM_PEERS=require (as in CI) nothing is
// skipped and the tests fail with that reason. Run as a program, this file fetches and builds every peer and lists them.

import { getConfluent } from './confluent.ts';
import { getGo } from './go.ts';
import { getJava, getJavaPrograms } from './java.ts';
import { getKcat } from './kcat.ts';
import { getKgo } from './kgo.ts';

/** Something to run tests against, or why there is none. */
export type Found<T> = { readonly peer: T; readonly missing?: undefined } | { readonly missing: string };

/** A peer as a test file uses it: `test(name, { skip: peer.skip }, …)`, and `peer.get()` in the test. */
export interface Peer<T> {
  /** The reason to skip, or false. */
  readonly skip: string | false;
  /** The peer; throws the reason when it is missing and required. */
  get(): T;
}

/** Waits for a peer to be found (fetched and built where needed) and applies the rule. */
export async function usePeer<T>(find: () => Promise<T>): Promise<Peer<T>> {
  const found = await tryTo(find);
  if (found.missing === undefined) return { skip: false, get: () => found.peer };
  const reason = found.missing;
  const required = process.env.KLAMM_PEERS === 'require';
  return {
    skip: required ? false : reason,
    get: () => {
      throw new Error(`${reason} (KLAMM_PEERS=require makes this an error)`);
    },
  };
}

async function tryTo<T>(find: () => Promise<T>): Promise<Found<T>> {
  try {
    return { peer: await find() };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

if (import.meta.main) {
  const finders = {
    kcat: getKcat,
    java: getJava,
    'own java': getJavaPrograms,
    go: getGo,
    kgo: getKgo,
    confluent: getConfluent,
  };
  for (const [name, find] of Object.entries<() => Promise<unknown>>(finders)) {
    const found = await tryTo(find);
    console.log(`${name.padEnd(10)}${found.missing === undefined ? 'ready' : found.missing}`);
    if (found.missing !== undefined) process.exitCode = 1;
  }
}
