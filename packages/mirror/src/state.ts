// What a mirror has to know besides what the target's logs say, as records of the topic `__klamm_mirror` on the target:
// as whom it writes, which topics are its own, where offsets differ, and whether it is over.
//
// Each fact is a record of its own under a key of its own, so that compaction keeps all of them and nothing else.
// Pure: texts in, facts out. A fact that a later version wrote is passed over.

import type { Sender } from './batch-patch.ts';
import type { Break } from './offset-map.ts';

/** The topic, on the target. */
export const STATE_TOPIC = '__klamm_mirror';

export interface TopicClaim {
  /** Id of the source's topic, which another of the same name has not. */
  readonly sourceId: string;
}

/** `closing`: the mirror shall stop, and not start; `done`: clients have moved. */
export interface Cutover {
  readonly phase: 'closing' | 'done';
  /** In ms since 1970. */
  readonly at: number;
}

export interface StateRecord {
  readonly key: string;
  /** null takes the fact back. */
  readonly value: string | null;
}

export class MirrorState {
  readonly name: string;
  sourceClusterId: string | undefined;
  /** The last is the one to write as. */
  senders: readonly Sender[] = [];
  readonly topics = new Map<string, TopicClaim>();
  cutover: Cutover | undefined;
  readonly #breaks = new Map<string, Break[]>();
  readonly #leads = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  breaks(topic: string, index: number): readonly Break[] {
    return this.#breaks.get(`${topic}/${index}`) ?? [];
  }

  /** The offset that a partition begins at, by records that are to be deleted; undefined where it begins as it is. */
  lead(topic: string, index: number): number | undefined {
    return this.#leads.get(`${topic}/${index}`);
  }

  /** Takes in one record of the topic, of whichever mirror. */
  apply(key: string, value: string | null): void {
    const parts = parsed(key);
    if (!Array.isArray(parts) || parts[1] !== this.name) return;
    const fact = value === null ? undefined : parsed(value);
    const [kind, , topic, index, source] = parts as [string, string, string, number, number];
    if (kind === 'mirror' && isRecord(fact)) {
      this.sourceClusterId = String(fact.sourceClusterId);
      this.senders = Array.isArray(fact.senders) ? (fact.senders as Sender[]) : [];
    } else if (kind === 'topic') {
      if (isRecord(fact)) this.topics.set(topic, { sourceId: String(fact.sourceId) });
      else this.topics.delete(topic);
    } else if (kind === 'cutover') {
      this.cutover = isRecord(fact) ? (fact as unknown as Cutover) : undefined;
    } else if (kind === 'lead') {
      if (isRecord(fact)) this.#leads.set(`${topic}/${index}`, Number(fact.to));
      else this.#leads.delete(`${topic}/${index}`);
    } else if (kind === 'break') {
      const others = this.breaks(topic, index).filter((each) => each.source !== source);
      const own = isRecord(fact) ? [{ source, target: Number(fact.target) }] : [];
      this.#breaks.set(`${topic}/${index}`, [...others, ...own]);
    }
  }

  mirrorRecord(sourceClusterId: string, senders: readonly Sender[]): StateRecord {
    const bare = senders.map(({ producerId, producerEpoch }) => ({ producerId, producerEpoch }));
    return { key: this.#key('mirror'), value: JSON.stringify({ sourceClusterId, senders: bare }) };
  }

  topicRecord(topic: string, claim: TopicClaim | null): StateRecord {
    return { key: this.#key('topic', topic), value: claim === null ? null : JSON.stringify(claim) };
  }

  /** Takes back all that is known of a topic. */
  forgetRecords(topic: string): StateRecord[] {
    const breaks = [...this.#breaks].filter(([place]) => place.slice(0, place.lastIndexOf('/')) === topic);
    const leads = [...this.#leads.keys()].filter((place) => place.slice(0, place.lastIndexOf('/')) === topic);
    return [
      ...leads.map((place) => ({
        key: this.#key('lead', topic, Number(place.slice(place.lastIndexOf('/') + 1))),
        value: null,
      })),
      ...breaks.flatMap(([place, all]) =>
        all.map(({ source }) => ({
          key: this.#key('break', topic, Number(place.slice(place.lastIndexOf('/') + 1)), source),
          value: null,
        })),
      ),
      this.topicRecord(topic, null),
    ];
  }

  breakRecord(topic: string, index: number, { source, target }: Break): StateRecord {
    return { key: this.#key('break', topic, index, source), value: JSON.stringify({ target }) };
  }

  leadRecord(topic: string, index: number, to: number): StateRecord {
    return { key: this.#key('lead', topic, index), value: JSON.stringify({ to }) };
  }

  cutoverRecord(cutover: Cutover | null): StateRecord {
    return { key: this.#key('cutover'), value: cutover === null ? null : JSON.stringify(cutover) };
  }

  #key(kind: string, ...rest: readonly (string | number)[]): string {
    return JSON.stringify([kind, this.name, ...rest]);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
