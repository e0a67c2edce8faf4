// The sum behind the sticky assignors, in three steps: members keep what they rightly claim; what nobody has goes to
// the member with the fewest that wants it; then partitions move from members with more to members with fewer, those
// that nobody claims first, until no single move makes it more even. Where all members want the same topics, they
// end with equally many partitions, give or take one, and no more have moved than that takes.
//
// It knows nothing of how claims travel. Topics wanted by the same members form one class, so that the work grows with
// partitions × members and not with topics × topics.

import { must } from '@klamm/base/assert';
import type { TopicPartition } from '../topic-partition.ts';
import { type AssignorMember, compare, sortMembers } from './assignor.ts';
import type { Claim } from './sticky-user-data.ts';

interface Share {
  readonly memberId: string;
  readonly topics: ReadonlySet<string>;
  /** Its partitions by class and topic: those it claims in front, those it was dealt behind them. */
  readonly byClass: Map<TopicClass, Map<string, Slot[]>>;
  load: number;
}

/** The members that want a topic, and all topics that the same members want. */
interface TopicClass {
  readonly candidates: readonly Share[];
}

interface Slot {
  readonly topic: string;
  readonly partition: number;
  readonly isClaimed: boolean;
}

interface Owner {
  readonly share: Share | null;
  readonly generation: number;
}

export function assignStickily(
  members: readonly AssignorMember[],
  topics: ReadonlyMap<string, number>,
  claimOf: (member: AssignorMember) => Claim,
): Map<string, TopicPartition[]> {
  const sorted = sortMembers(members);
  const shares = sorted.map(({ memberId, subscription }): Share => {
    return { memberId, topics: new Set(subscription.topics), byClass: new Map(), load: 0 };
  });
  const classes = classesOf(shares, topics);
  const owners = ownersOf(sorted.map(claimOf), shares, topics);
  const open: { topicClass: TopicClass; topic: string; partition: number }[] = [];
  for (const [topic, topicClass] of classes) {
    const count = topics.get(topic) ?? 0;
    const ofTopic = owners.get(topic);
    for (let partition = 0; partition < count; partition++) {
      const share = ofTopic?.[partition]?.share ?? null;
      if (share === null) open.push({ topicClass, topic, partition });
      else give(share, topicClass, { topic, partition, isClaimed: true });
    }
  }
  // What few members want is dealt first: the others can still make up for it.
  open.sort((a, b) => a.topicClass.candidates.length - b.topicClass.candidates.length);
  for (const { topicClass, topic, partition } of open) {
    give(lightest(topicClass), topicClass, { topic, partition, isClaimed: false });
  }
  while (evenOut(shares));
  return new Map(shares.map((share) => [share.memberId, partitionsOf(share)]));
}

/** By topic, in order of the topics' names; topics that nobody wants are left out. */
function classesOf(shares: readonly Share[], topics: ReadonlyMap<string, number>): Map<string, TopicClass> {
  const wanting = new Map<string, number[]>();
  for (const [index, share] of shares.entries()) {
    for (const topic of share.topics) {
      const others = wanting.get(topic);
      if (others === undefined) wanting.set(topic, [index]);
      else others.push(index);
    }
  }
  const byMembers = new Map<string, TopicClass>();
  const classes = new Map<string, TopicClass>();
  for (const topic of [...topics.keys()].sort(compare)) {
    const indexes = wanting.get(topic);
    if (indexes === undefined) continue;
    const key = indexes.join();
    let topicClass = byMembers.get(key);
    if (topicClass === undefined) {
      topicClass = { candidates: indexes.map((index) => shares[index] as Share) };
      byMembers.set(key, topicClass);
    }
    classes.set(topic, topicClass);
  }
  return classes;
}

/** Who rightly has what: the claim of the newest generation counts; two claims of one generation cancel each other. */
function ownersOf(
  claims: readonly Claim[],
  shares: readonly Share[],
  topics: ReadonlyMap<string, number>,
): Map<string, (Owner | undefined)[]> {
  const owners = new Map<string, (Owner | undefined)[]>();
  for (const [index, share] of shares.entries()) {
    const { partitions, generation } = claims[index] as Claim;
    for (const { topic, partition } of partitions) {
      if (!share.topics.has(topic) || partition < 0 || partition >= (topics.get(topic) ?? 0)) continue;
      let ofTopic = owners.get(topic);
      if (ofTopic === undefined) {
        ofTopic = [];
        owners.set(topic, ofTopic);
      }
      const other = ofTopic[partition];
      if (other === undefined || other.generation < generation) ofTopic[partition] = { share, generation };
      else if (other.generation === generation && other.share !== share) {
        ofTopic[partition] = { share: null, generation };
      }
    }
  }
  return owners;
}

/** Moves one partition at a time from the heaviest member that can give one; false where there was none to move. */
function evenOut(shares: readonly Share[]): boolean {
  const able = new Set(shares);
  let moved = false;
  while (able.size > 0) {
    const from = heaviest(able);
    let best: { readonly topicClass: TopicClass; readonly to: Share } | undefined;
    for (const topicClass of from.byClass.keys()) {
      const to = lightest(topicClass);
      if (from.load > to.load + 1 && to.load < (best?.to.load ?? Number.POSITIVE_INFINITY)) {
        best = { topicClass, to };
      }
    }
    if (best === undefined) able.delete(from);
    else {
      give(best.to, best.topicClass, take(from, best.topicClass));
      moved = true;
    }
  }
  return moved;
}

function heaviest(shares: Iterable<Share>): Share {
  let best: Share | undefined;
  for (const share of shares) if (best === undefined || share.load > best.load) best = share;
  return must(best, 'the heaviest of no members was asked for');
}

function lightest({ candidates }: TopicClass): Share {
  let best = candidates[0] as Share;
  for (const share of candidates) if (share.load < best.load) best = share;
  return best;
}

function give(share: Share, topicClass: TopicClass, slot: Slot): void {
  let byTopic = share.byClass.get(topicClass);
  if (byTopic === undefined) {
    byTopic = new Map();
    share.byClass.set(topicClass, byTopic);
  }
  const slots = byTopic.get(slot.topic);
  if (slots === undefined) byTopic.set(slot.topic, [slot]);
  else slots.push(slot);
  share.load++;
}

/** Takes one that was dealt where there is one; else of the topic it has most of, so that topics stay spread too. */
function take(share: Share, topicClass: TopicClass): Slot {
  const byTopic = share.byClass.get(topicClass) as Map<string, Slot[]>;
  let from: Slot[] = [];
  for (const slots of byTopic.values()) {
    if (slots.at(-1)?.isClaimed === false) {
      from = slots;
      break;
    }
    if (slots.length > from.length) from = slots;
  }
  const slot = from.pop() as Slot;
  if (from.length === 0) byTopic.delete(slot.topic);
  if (byTopic.size === 0) share.byClass.delete(topicClass);
  share.load--;
  // Who gets it did not claim it.
  return { topic: slot.topic, partition: slot.partition, isClaimed: false };
}

function partitionsOf(share: Share): TopicPartition[] {
  const all: TopicPartition[] = [];
  for (const byTopic of share.byClass.values()) {
    for (const slots of byTopic.values()) {
      for (const { topic, partition } of slots) all.push({ topic, partition });
    }
  }
  return all.sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition);
}
