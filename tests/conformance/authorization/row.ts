// One request of the script.

import type { Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';

/** What differs from broker to broker. */
export interface World {
  idOf(topic: string): string;
}

export interface Row {
  readonly title: string;
  readonly api: Api;
  readonly version: number;
  body(world: World): unknown;
}

/** A row for each of the versions. */
export function rows<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  versions: readonly number[],
  title: string,
  body: (version: number, world: World) => Encodable<Q>,
): Row[] {
  return versions.map((version) => ({
    title: `${api.name} v${version} ${title}`.trim(),
    api: api as unknown as Api,
    version,
    body: (world) => body(version, world),
  }));
}

export function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
