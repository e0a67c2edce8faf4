// Topics of the source, made on the target and kept alike: partitions and settings. Before anything is written to a
// topic it is claimed, so that a topic of somebody else's is never written to.

import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import type { TopicMetadata } from '@klamm/client/metadata-cache';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { asKlamm } from './source-reader.ts';
import { type MirrorState, STATE_TOPIC } from './state.ts';
import type { StateLog } from './state-log.ts';
import { changes, copyingConfigs, ownConfigs } from './topic-settings.ts';

export interface TopicSelection {
  /** Names, or patterns of whole names that begin with `^`; none for all. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface TopicSyncOptions extends TopicSelection {
  /** Default: the source's, or as many as the target has brokers. */
  readonly replicationFactor: number | undefined;
}

export interface TopicEvents {
  noticed(text: string): void;
  /** The topic cannot be mirrored. */
  refused(topic: string, error: KlammError): void;
}

export function isSelected(name: string, { include, exclude }: TopicSelection): boolean {
  const matches = (pattern: string): boolean =>
    pattern.startsWith('^') ? new RegExp(`^(?:${pattern})$`).test(name) : pattern === name;
  return (include.length === 0 || include.some(matches)) && !exclude.some(matches);
}

/** The source's topics that are mirrored, by name. What brokers keep for themselves is not. */
export async function selectedTopics(source: Admin, selection: TopicSelection): Promise<TopicMetadata[]> {
  const topics = await source.listTopics();
  return topics.filter(({ name }) => name !== STATE_TOPIC && isSelected(name, selection));
}

export class TopicSync {
  readonly #ends: { readonly source: Admin; readonly target: Admin };
  readonly #log: StateLog;
  readonly #options: TopicSyncOptions;
  readonly #events: TopicEvents;
  readonly #prepared = new Set<string>();
  /** What has been said of settings, so that it is said once. */
  readonly #told = new Set<string>();

  constructor(
    ends: { readonly source: Admin; readonly target: Admin },
    log: StateLog,
    options: TopicSyncOptions,
    events: TopicEvents,
  ) {
    this.#ends = ends;
    this.#log = log;
    this.#options = options;
    this.#events = events;
  }

  get #state(): MirrorState {
    return this.#log.state;
  }

  /**
   * Makes what is missing. Resolves with the topics that may be copied.
   *
   * @param full whether to look at the settings of topics that are there already, too: two requests each
   */
  async sync(full: boolean): Promise<TopicMetadata[]> {
    const { source, target } = this.#ends;
    const topics = await selectedTopics(source, this.#options);
    const there = new Map((await target.listTopics()).map((topic) => [topic.name, topic]));
    const { brokers } = await target.describeCluster();
    const ready: TopicMetadata[] = [];
    for (const topic of topics) {
      try {
        const existing = there.get(topic.name);
        await this.#claim(topic, existing);
        const isKnown =
          this.#prepared.has(topic.name) && existing?.partitions.length === topic.partitions.length;
        if (full || !isKnown) await this.#prepare(topic, existing, brokers.length);
        this.#prepared.add(topic.name);
        ready.push(topic);
      } catch (cause) {
        const error = asKlamm(cause);
        if (error.retriable) throw error;
        this.#events.refused(topic.name, error);
      }
    }
    return ready;
  }

  async #claim({ name, id }: TopicMetadata, existing: TopicMetadata | undefined): Promise<void> {
    const claim = this.#state.topics.get(name);
    if (claim !== undefined && claim.sourceId !== id) {
      throw kafkaError(
        ErrorCode.INVALID_REQUEST,
        `The source's topic "${name}" was deleted and made again. Delete the target's too, and say klamm mirror forget ${name}.`,
      );
    }
    if (claim !== undefined) return;
    if (existing !== undefined && !(await this.#isEmpty(existing))) {
      throw kafkaError(
        ErrorCode.TOPIC_ALREADY_EXISTS,
        `The target has a topic "${name}" with records that are not of this mirror. Delete it there, or leave it out with --exclude ${name}.`,
      );
    }
    await this.#log.write(this.#state.topicRecord(name, { sourceId: id }));
  }

  async #isEmpty({ name }: TopicMetadata): Promise<boolean> {
    const ends = await this.#ends.target.listOffsets(name, 'latest');
    return [...ends.values()].every((end) => end === 0);
  }

  async #prepare(topic: TopicMetadata, existing: TopicMetadata | undefined, brokers: number): Promise<void> {
    const { source, target } = this.#ends;
    const { name, partitions } = topic;
    const there = existing?.partitions[0]?.replicas.length;
    const replicas =
      there ??
      Math.min(this.#options.replicationFactor ?? partitions[0]?.replicas.length ?? 1, Math.max(brokers, 1));
    const wanted = copyingConfigs(ownConfigs(await source.describeConfigs({ topic: name })), replicas);
    if (existing === undefined) {
      await target.createTopic({ name, partitions: partitions.length, replicationFactor: replicas });
    } else if (existing.partitions.length < partitions.length) {
      await target.createPartitions(name, partitions.length);
      this.#events.noticed(`${name} has ${partitions.length} partitions now.`);
    } else if (existing.partitions.length > partitions.length) {
      throw kafkaError(
        ErrorCode.INVALID_PARTITIONS,
        `The target's topic "${name}" has ${existing.partitions.length} partitions, the source's ${partitions.length}.`,
      );
    }
    const current = ownConfigs(await target.describeConfigs({ topic: name }));
    await applyConfigs(target, name, changes(wanted, current), (text) => this.#once(text));
  }

  #once(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#events.noticed(text);
  }
}

/** All at once; one by one where one of them is refused, so that the others hold. */
export async function applyConfigs(
  admin: Admin,
  topic: string,
  changed: Readonly<Record<string, string | null>>,
  refused: (text: string) => void,
): Promise<void> {
  const all = Object.entries(changed);
  if (all.length === 0) return;
  try {
    await admin.alterConfigs({ topic }, changed);
    return;
  } catch (cause) {
    if (!(cause instanceof KlammError) || cause.retriable) throw cause;
  }
  for (const [name, value] of all) {
    try {
      await admin.alterConfigs({ topic }, { [name]: value });
    } catch (cause) {
      const error = asKlamm(cause);
      if (error.retriable) throw error;
      refused(`The target does not take ${name}=${value} for the topic "${topic}": ${error.message}`);
    }
  }
}
