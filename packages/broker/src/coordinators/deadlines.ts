// Which of many timed things is due next: a heap by deadline, corrected lazily.
//
// A heartbeat moves a deadline away, thousands of times a second; that costs nothing here, as an entry that comes up
// too early is put back at its true place. Only a deadline that comes nearer must be noted.

interface Entry<T> {
  readonly item: T;
  readonly at: number;
}

/** Something that is due at a time, in ms; Infinity where it is not. */
interface Due {
  readonly deadline: number;
}

export class Deadlines<T extends Due> {
  readonly #heap: Entry<T>[] = [];
  /** For when each item is in the heap; an entry at another time is void. */
  readonly #noted = new Map<T, number>();

  /** Takes note of an item's deadline, as it stands now. */
  note(item: T): void {
    const { deadline } = item;
    if (
      deadline === Number.POSITIVE_INFINITY ||
      deadline >= (this.#noted.get(item) ?? Number.POSITIVE_INFINITY)
    )
      return;
    this.#noted.set(item, deadline);
    this.#push({ item, at: deadline });
  }

  forget(item: T): void {
    this.#noted.delete(item);
  }

  /** When to look next; Infinity where nothing is awaited. May be early. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Takes out one item that is due at `now`; note it again when it has been dealt with. */
  takeDue(now: number): T | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > now) return undefined;
      this.#pop();
      if (this.#noted.get(first.item) !== first.at) continue;
      this.#noted.delete(first.item);
      if (first.item.deadline <= now) return first.item;
      this.note(first.item);
    }
  }

  #push(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const right = heap[below + 1];
      if (right !== undefined && right.at < (heap[below]?.at ?? 0)) below++;
      const child = heap[below];
      if (child === undefined || child.at >= last.at) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}
