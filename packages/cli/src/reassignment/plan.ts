// Where partitions are to lie: on so many of these brokers, evenly, over as many racks as there are, and with as little
// moved as that takes. What a partition keeps it keeps; who is first of its replicas, and leads, is spread as well.
//
// Pure: brokers and partitions in, replicas out. As Kafka's own tools do, it counts replicas, not bytes.

import { must } from '@klamm/base/assert';

export interface PlannedBroker {
  readonly nodeId: number;
  readonly rack: string | null;
}

export interface PlannedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
}

export interface Placement extends PlannedPartition {
  /** What it had before. */
  readonly from: readonly number[];
}

/**
 * @param brokers those that may be used
 * @param factor how many replicas each partition is to have; at most as many as there are brokers. Undefined for as many
 * as each has, or as there are brokers.
 */
export function planReplicas(
  partitions: readonly PlannedPartition[],
  brokers: readonly PlannedBroker[],
  factor: number | undefined,
): Placement[] {
  const spread = new Spread(brokers);
  const placed = partitions.map(({ topic, partition, replicas: from }) => {
    const wanted = Math.min(factor ?? from.length, brokers.length);
    return { topic, partition, from, wanted, replicas: from.filter((id) => spread.has(id)) };
  });
  for (const { replicas } of placed) for (const id of replicas) spread.count(id, 1);
  for (const each of placed) {
    while (each.replicas.length > each.wanted) spread.drop(each.replicas);
    while (each.replicas.length < each.wanted) spread.add(each.replicas);
  }
  spread.level(placed.map(({ replicas }) => replicas));
  return spreadLeaders(placed, brokers.length);
}

class Spread {
  readonly #racks = new Map<number, string>();
  readonly #loads = new Map<number, number>();

  constructor(brokers: readonly PlannedBroker[]) {
    for (const { nodeId, rack } of brokers) {
      // Brokers that do not say where they stand count as standing alone.
      this.#racks.set(nodeId, rack ?? `broker ${nodeId}`);
      this.#loads.set(nodeId, 0);
    }
  }

  has(id: number): boolean {
    return this.#loads.has(id);
  }

  count(id: number, by: number): void {
    this.#loads.set(id, this.#load(id) + by);
  }

  /** Takes out the replica whose rack has most of them, of the broker with most. */
  drop(replicas: number[]): void {
    const worst = must(replicas.toSorted((a, b) => this.#worth(replicas, a, b)).at(-1), 'a replica');
    replicas.splice(replicas.indexOf(worst), 1);
    this.count(worst, -1);
  }

  /** Adds a replica where the rack has fewest of them, on the broker with fewest. */
  add(replicas: number[]): void {
    const others = [...this.#loads.keys()].filter((id) => !replicas.includes(id));
    const best = must(
      others.sort((a, b) => this.#worth(replicas, a, b))[0],
      'no more replicas than there are brokers',
    );
    replicas.push(best);
    this.count(best, 1);
  }

  /** Moves replicas from the brokers with most to those with fewest, as long as no partition is on fewer racks by it. */
  level(all: readonly number[][]): void {
    for (let isMoved = true; isMoved; ) {
      const byLoad = [...this.#loads.keys()].sort((a, b) => this.#load(b) - this.#load(a) || a - b);
      isMoved = byLoad.some((from) =>
        byLoad.toReversed().some((to) => this.#load(from) - this.#load(to) > 1 && this.#move(all, from, to)),
      );
    }
  }

  #move(all: readonly number[][], from: number, to: number): boolean {
    const racksOf = (replicas: readonly number[]): number =>
      new Set(replicas.map((id) => this.#racks.get(id))).size;
    for (const replicas of all) {
      const at = replicas.indexOf(from);
      if (at < 0 || replicas.includes(to)) continue;
      const moved = replicas.with(at, to);
      if (racksOf(moved) < racksOf(replicas)) continue;
      replicas[at] = to;
      this.count(from, -1);
      this.count(to, 1);
      return true;
    }
    return false;
  }

  #load(id: number): number {
    return this.#loads.get(id) ?? 0;
  }

  #worth(replicas: readonly number[], a: number, b: number): number {
    const crowd = (id: number): number =>
      replicas.filter((other) => other !== id && this.#racks.get(other) === this.#racks.get(id)).length;
    return crowd(a) - crowd(b) || this.#load(a) - this.#load(b) || a - b;
  }
}

/** Whoever leads goes on, unless it leads more than its share. */
function spreadLeaders(
  placed: readonly (Placement & { readonly replicas: readonly number[] })[],
  brokerCount: number,
): Placement[] {
  const share = Math.ceil(placed.length / brokerCount);
  const led = new Map<number, number>();
  return placed.map(({ topic, partition, from, replicas }) => {
    const ledBy = (id: number): number => led.get(id) ?? 0;
    const [first] = replicas;
    const fewest = replicas.toSorted((a, b) => ledBy(a) - ledBy(b))[0];
    const leader = first !== undefined && ledBy(first) < share ? first : must(fewest, 'a replica');
    led.set(leader, ledBy(leader) + 1);
    return { topic, partition, from, replicas: [leader, ...replicas.filter((id) => id !== leader)] };
  });
}
