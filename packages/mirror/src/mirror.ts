// A mirror at work: has the lock, keeps topics, groups and access alike, and copies records until it is told to stop,
// loses the lock, or is cut over. Whatever it has to remember is on the target, so it may be killed at any moment.

import { type Clock, sleep } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { rawProducerId } from '@klamm/client/raw/raw-produce';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { type AccessOutcome, syncAccess } from './access.ts';
import type { Sender } from './batch-patch.ts';
import { Copier } from './copier.ts';
import type { Ends } from './ends.ts';
import { type GroupOutcome, syncGroups } from './groups.ts';
import { MirrorLock } from './lock.ts';
import { MirroredPartition } from './partition.ts';
import { COPY_DEFAULTS, type CopySettings } from './settings.ts';
import { asKlamm } from './source-reader.ts';
import { StateLog } from './state-log.ts';
import { type TopicSelection, TopicSync, type TopicSyncOptions } from './topics.ts';

export interface MirrorOptions {
  /** Mirrors of different names do not know of each other. */
  readonly name: string;
  readonly topics: TopicSyncOptions;
  readonly groups: TopicSelection;
  /** Copies ACLs and quotas, and names users. Default true. */
  readonly access?: boolean;
  readonly copy?: Partial<Omit<CopySettings, 'clock' | 'logger'>>;
  /** True to stop when everything that can be read is copied. Default false. */
  readonly once?: boolean;
  /** True to begin again after a cutover. Default false. */
  readonly again?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what a person should know. */
  readonly notice: (text: string) => void;
}

/** What came of a mirror that has ended. */
export interface MirrorOutcome {
  readonly reason: 'stopped' | 'cutOver' | 'copied';
  readonly failures: readonly { readonly what: string; readonly error: KlammError }[];
}

const TICK_MS = 1000;
/** How many ticks are between two looks at topics, at their settings, at groups, and at access. */
const TOPICS_TICKS = 5;
const SETTINGS_TICKS = 15;
const GROUPS_TICKS = 10;
const ACCESS_TICKS = 60;

export class Mirror {
  readonly #ends: Ends;
  readonly #options: MirrorOptions;
  readonly #settings: CopySettings;
  readonly #failures = new Map<string, KlammError>();
  #copier: Copier | undefined;
  #groups: readonly GroupOutcome[] = [];
  #access: AccessOutcome | undefined;
  #senders: Promise<unknown> = Promise.resolve();
  /** The topics were looked at once. */
  #looked = false;
  #wasCopied = false;

  constructor(ends: Ends, options: MirrorOptions) {
    this.#ends = ends;
    this.#options = options;
    const { clock, logger, copy } = options;
    this.#settings = { ...COPY_DEFAULTS, ...copy, clock, logger };
  }

  get partitions(): readonly MirroredPartition[] {
    return [...(this.#copier?.partitions ?? [])];
  }

  get groups(): readonly GroupOutcome[] {
    return this.#groups;
  }

  get access(): AccessOutcome | undefined {
    return this.#access;
  }

  /** Runs until the signal is aborted or the mirror is cut over. Throws KlammError where it cannot begin. */
  async run(signal: AbortSignal): Promise<MirrorOutcome> {
    const clusterId = await this.#ends.check();
    while (!signal.aborted) {
      try {
        const reason = await this.#hold(clusterId, signal);
        if (reason !== undefined) return this.#outcome(reason);
        if (!signal.aborted) this.#options.notice('Another has taken over, or the target took us for dead.');
      } catch (cause) {
        // What has begun outlives a cluster that is away for longer than a request is tried.
        if (!(cause instanceof KlammError) || !cause.retriable || this.#copier === undefined) throw cause;
        this.#options.notice(`Waiting: ${cause.message}`);
        await sleep(this.#options.clock, TICK_MS, signal).catch(() => {});
      }
    }
    return this.#outcome('stopped');
  }

  /** Works while the lock is this mirror's. */
  async #hold(clusterId: string, signal: AbortSignal): Promise<MirrorOutcome['reason'] | undefined> {
    const { name, clock, notice } = this.#options;
    const { kafka } = this.#ends.target;
    await using log = new StateLog(kafka, name);
    await log.prepare();
    await log.refresh();
    await this.#checkState(log, clusterId);
    await using lock = new MirrorLock(kafka, name, clock);
    const waiting = (): void => notice(`Another mirror "${name}" runs; waiting for it to end.`);
    if (!(await lock.acquire(waiting, signal))) {
      if (signal.aborted) return undefined;
      throw asKlamm(lock.failure);
    }
    // What the one before has written until now.
    await log.refresh();
    await this.#checkState(log, clusterId);
    return await this.#work(log, AbortSignal.any([signal, lock.lost]));
  }

  #outcome(reason: MirrorOutcome['reason']): MirrorOutcome {
    return { reason, failures: Array.from(this.#failures, ([what, error]) => ({ what, error })) };
  }

  async #checkState(log: StateLog, clusterId: string): Promise<void> {
    const { state } = log;
    if (state.sourceClusterId !== undefined && state.sourceClusterId !== clusterId) {
      throw kafkaError(
        ErrorCode.INCONSISTENT_CLUSTER_ID,
        `The mirror "${state.name}" was begun with the cluster ${state.sourceClusterId} as its source, and this is ${clusterId}. Give another --name.`,
      );
    }
    if (state.cutover === undefined) return;
    if (this.#options.again !== true) {
      throw kafkaError(
        ErrorCode.INVALID_REQUEST,
        `The mirror "${state.name}" was cut over (${new Date(state.cutover.at).toISOString()}): clients may write to the target, and copying on would mix both. --again begins again.`,
      );
    }
    await log.write(state.cutoverRecord(null));
  }

  /** Why it has ended; undefined where `over` was aborted. */
  async #work(log: StateLog, over: AbortSignal): Promise<MirrorOutcome['reason'] | undefined> {
    const { source, target } = this.#ends;
    const { clock, topics: selection, notice } = this.#options;
    const clusterId = await this.#ends.check();
    if (log.state.senders.length === 0) {
      await log.write(log.state.mirrorRecord(clusterId, [await rawProducerId(target.raw)]));
    }
    const topics = new TopicSync({ source: source.admin, target: target.admin }, log, selection, {
      noticed: notice,
      refused: (topic, error) => this.#failed(topic, error),
    });
    const copier = new Copier({ source: source.raw, target: target.raw }, this.#settings, this.#memory(log), {
      failed: (partition, error) => this.#failed(partition.name, error),
      noticed: notice,
    });
    this.#copier = copier;
    try {
      for (let tick = 0; !over.aborted; tick++) {
        await this.#attempt(async () => {
          await log.refresh();
          if (log.state.cutover !== undefined) return;
          if (tick % TOPICS_TICKS === 0) await this.#syncTopics(topics, copier, tick % SETTINGS_TICKS === 0);
          if (tick % GROUPS_TICKS === 1) await this.#syncGroups(copier);
          if (tick % ACCESS_TICKS === 2 && this.#options.access !== false)
            this.#access = await syncAccess({ source: source.admin, target: target.admin });
        });
        if (log.state.cutover !== undefined) return 'cutOver';
        if (this.#isCopied) {
          if (this.#options.once === true) {
            await this.#finish(copier);
            return 'copied';
          }
          if (!this.#wasCopied) notice('Everything is copied; what comes is copied as it comes.');
          this.#wasCopied = true;
        }
        await sleep(clock, TICK_MS, over).catch(() => {});
      }
      return undefined;
    } finally {
      copier.close();
    }
  }

  get #isCopied(): boolean {
    const { partitions } = this;
    return (
      this.#looked &&
      partitions.every(({ phase, lag }) => phase === 'failed' || (phase === 'copying' && lag === 0))
    );
  }

  /** Groups once more, as they may have been behind when they were last looked at. */
  async #finish(copier: Copier): Promise<void> {
    const { source, target } = this.#ends;
    await this.#attempt(async () => {
      await this.#syncGroups(copier);
      if (this.#options.access !== false)
        this.#access = await syncAccess({ source: source.admin, target: target.admin });
    });
  }

  /** A cluster that is not there at the moment is waited for. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (!(cause instanceof KlammError) || !cause.retriable) throw cause;
      this.#settings.logger.warn(`Trying again: ${cause.message}`);
    }
  }

  async #syncTopics(topics: TopicSync, copier: Copier, full: boolean): Promise<void> {
    const known = new Set(Array.from(copier.partitions, ({ name }) => name));
    for (const { name: topic, partitions } of await topics.sync(full)) {
      for (const { index } of partitions) {
        const partition = new MirroredPartition(topic, index, this.#settings.fetchBytes);
        if (!known.has(partition.name)) copier.add(partition);
      }
    }
    this.#looked = true;
  }

  async #syncGroups(copier: Copier): Promise<void> {
    const places = new Map(
      Array.from(copier.partitions, (each) => [`${each.topic}/${each.index}`, each] as const),
    );
    const { source, target } = this.#ends;
    this.#groups = await syncGroups(
      { source: source.admin, target: target.admin },
      this.#options.groups,
      (topic, index) => {
        const partition = places.get(`${topic}/${index}`);
        if (partition === undefined) return undefined;
        return { copiedTo: partition.copiedTo, toTarget: (offset) => partition.map.toTarget(offset) };
      },
    );
  }

  #failed(what: string, error: KlammError): void {
    if (this.#failures.get(what)?.message === error.message) return;
    this.#failures.set(what, error);
    this.#options.notice(`${what} is not mirrored: ${error.message}`);
  }

  #memory(log: StateLog): ConstructorParameters<typeof Copier>[2] {
    const { state } = log;
    return {
      isOwn: (producerId) => state.senders.some((sender) => sender.producerId === producerId),
      sender: (used) => {
        const next = this.#senders.then(() => this.#sender(log, used));
        this.#senders = next.catch(() => {});
        return next;
      },
      breaks: (topic, index) => state.breaks(topic, index),
      lead: (topic, index) => state.lead(topic, index),
      keepLead: (topic, index, to) => log.write(state.leadRecord(topic, index, to)),
      keepBreak: (topic, index, at) => log.write(state.breakRecord(topic, index, at)),
    };
  }

  async #sender(log: StateLog, used: Sender | undefined): Promise<Sender> {
    const { state } = log;
    const last = state.senders.at(-1);
    if (last !== undefined && last.producerId !== used?.producerId) return last;
    const fresh = await rawProducerId(this.#ends.target.raw);
    await log.write(state.mirrorRecord(state.sourceClusterId ?? '', [...state.senders, fresh]));
    return fresh;
  }
}
