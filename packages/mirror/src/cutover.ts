// The end of a mirror: what has to be true before clients move is checked, one thing after the other, and only then is
// the mirror closed for good.
//
// First the checks that change nothing. Then the mirror is told to stop, which it does by itself, and what remains is
// done while nobody writes to the target: the last offsets of groups, access, the comparison, the topics' own settings.
// A check that fails then opens the mirror again.

import { type Clock, sleep } from '@klamm/base/clock';
import { syncAccess } from './access.ts';
import type { Ends } from './ends.ts';
import { syncGroups } from './groups.ts';
import { OffsetMap } from './offset-map.ts';
import { StateLog } from './state-log.ts';
import { type MirrorStatus, mirrorStatus } from './status.ts';
import { changes, finalConfigs, ownConfigs } from './topic-settings.ts';
import { applyConfigs, isSelected, type TopicSelection } from './topics.ts';
import { RANGE_SIZE, verify } from './verify.ts';

/** One thing that was looked at. `note`: nothing speaks against it, but a person should know. */
export interface CutoverCheck {
  readonly check: string;
  readonly result: 'ok' | 'note' | 'failed';
  readonly detail: string;
}

export interface CutoverOptions {
  readonly name: string;
  readonly groups: TopicSelection;
  /** How long the source has to be still, in ms. */
  readonly settleMs: number;
  /** False to leave the comparison out. */
  readonly verify: boolean;
  /** True to check only. */
  readonly dryRun: boolean;
  readonly clock: Clock;
  readonly told: (check: CutoverCheck) => void;
}

const POLL_MS = 500;
/** A mirror that was told to stop takes a second or two; one that died is missed after its session. */
const STOP_TIMEOUT_MS = 20_000;
/** So long without coming nearer, and the mirror stands. A mirror that was killed is taken over sooner. */
const STALLED_MS = 10_000;
const NAMED_MAX = 5;

/** True where the mirror is over. */
export async function cutover(ends: Ends, options: CutoverOptions): Promise<boolean> {
  return new CutoverRun(ends, options).run();
}

class CutoverRun {
  readonly #ends: Ends;
  readonly #options: CutoverOptions;
  #hasFailed = false;

  constructor(ends: Ends, options: CutoverOptions) {
    this.#ends = ends;
    this.#options = options;
  }

  async run(): Promise<boolean> {
    const { name, clock, dryRun } = this.#options;
    const before = await this.#status();
    if (before.state === undefined) {
      this.#tell('the mirror is known', false, `The target knows no mirror "${name}".`);
      return false;
    }
    if (before.state.cutover?.phase === 'done') {
      this.#tell('the mirror is not over', false, `It was cut over already.`);
      return false;
    }
    await this.#checkStill(before);
    await this.#checkCopied();
    await this.#checkGroupsIdle();
    if (this.#hasFailed || dryRun) return false;
    await using log = new StateLog(this.#ends.target.kafka, name);
    await log.refresh();
    await log.write(log.state.cutoverRecord({ phase: 'closing', at: clock.now() }));
    try {
      if (!(await this.#close(before, log))) {
        await log.write(log.state.cutoverRecord(null));
        return false;
      }
    } catch (cause) {
      await log.write(log.state.cutoverRecord(null));
      throw cause;
    }
    await log.write(log.state.cutoverRecord({ phase: 'done', at: clock.now() }));
    this.#tell('the mirror is over', true, 'Clients may move to the target.');
    return true;
  }

  /** What has to be done while nobody writes. */
  async #close(before: MirrorStatus, log: StateLog): Promise<boolean> {
    await this.#checkStopped();
    if (this.#hasFailed) return false;
    this.#compareEnds(before, await this.#status(), 'the source has stayed still');
    await this.#checkCopied();
    if (this.#hasFailed) return false;
    await this.#moveGroups(log);
    await this.#moveAccess();
    if (this.#options.verify) await this.#verify(log);
    if (this.#hasFailed) return false;
    await this.#finishTopics(log);
    return !this.#hasFailed;
  }

  #tell(check: string, ok: boolean, detail: string, isNote = false): void {
    if (!ok) this.#hasFailed = true;
    this.#options.told({ check, result: ok ? (isNote ? 'note' : 'ok') : 'failed', detail });
  }

  #status(): Promise<MirrorStatus> {
    return mirrorStatus(this.#ends, this.#options.name, { clock: this.#options.clock, rate: false });
  }

  async #checkStill(before: MirrorStatus): Promise<void> {
    const { clock, settleMs } = this.#options;
    await sleep(clock, settleMs);
    this.#compareEnds(before, await this.#status(), 'writers of the source have stopped');
    const open = await this.#openTransactions(before);
    this.#tell(
      'no transaction is open on the source',
      open.length === 0,
      open.length === 0 ? 'none' : `Open in ${named(open)}; its producer has to end it.`,
    );
  }

  #compareEnds(before: MirrorStatus, after: MirrorStatus, check: string): void {
    const ends = new Map(
      before.partitions.map((each) => [`${each.topic}-${each.partition}`, each.sourceEnd]),
    );
    const moved = after.partitions.flatMap(({ topic, partition, sourceEnd }) => {
      const place = `${topic}-${partition}`;
      return ends.get(place) === sourceEnd ? [] : [place];
    });
    const detail =
      moved.length === 0 ? `${ends.size} partitions stand still.` : `Still written to: ${named(moved)}.`;
    this.#tell(check, moved.length === 0, detail);
  }

  /** Partitions that go on behind what can be read committed. */
  async #openTransactions({ partitions }: MirrorStatus): Promise<string[]> {
    const open: string[] = [];
    for (const topic of new Set(partitions.map((each) => each.topic))) {
      const { admin } = this.#ends.source;
      const [all, stable] = await Promise.all([
        admin.listOffsets(topic, 'latest'),
        admin.listOffsets(topic, 'latest', { readCommitted: true }),
      ]);
      for (const [index, end] of all) if (stable.get(index) !== end) open.push(`${topic}-${index}`);
    }
    return open;
  }

  /** Waits as long as a mirror runs and comes nearer. */
  async #checkCopied(): Promise<void> {
    const { clock } = this.#options;
    const lagOf = ({ partitions }: MirrorStatus): number =>
      partitions.reduce((sum, { lag, targetEnd }) => sum + lag + (targetEnd < 0 ? 1 : 0), 0);
    let status = await this.#status();
    for (let least = lagOf(status), at = clock.monotonic(); least > 0 && status.members.length > 0; ) {
      await sleep(clock, POLL_MS);
      status = await this.#status();
      const lag = lagOf(status);
      if (lag < least) at = clock.monotonic();
      least = Math.min(least, lag);
      if (clock.monotonic() - at > STALLED_MS) break;
    }
    const { partitions } = status;
    const behind = partitions.filter(({ lag, targetEnd }) => lag > 0 || targetEnd < 0);
    const places = behind.map(({ topic, partition, lag }) => `${topic}-${partition} (${lag})`);
    const detail =
      behind.length === 0
        ? `${partitions.length} partitions are the same length.`
        : `Behind: ${named(places)}. Does the mirror run?`;
    this.#tell('everything is copied', behind.length === 0, detail);
  }

  async #checkGroupsIdle(): Promise<void> {
    const groups = await this.#ends.source.admin.listGroups();
    const used = groups.filter(
      ({ groupId, state }) =>
        isSelected(groupId, this.#options.groups) && state !== 'Empty' && state !== 'Dead' && state !== '',
    );
    const detail =
      used.length === 0 ? 'none has a member' : `In use: ${named(used.map(({ groupId }) => groupId))}.`;
    this.#tell('groups of the source are idle', used.length === 0, detail);
  }

  async #checkStopped(): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + STOP_TIMEOUT_MS;
    let hosts: readonly string[] = [];
    while (clock.monotonic() < deadline) {
      hosts = (await this.#status()).members.map(({ host }) => host);
      if (hosts.length === 0) break;
      await sleep(clock, POLL_MS);
    }
    const detail = hosts.length === 0 ? 'it writes no more' : `It still runs on ${named(hosts)}.`;
    this.#tell('the mirror has stopped', hosts.length === 0, detail);
  }

  async #moveGroups(log: StateLog): Promise<void> {
    const { partitions } = await this.#status();
    const ends = new Map(partitions.map((each) => [`${each.topic}/${each.partition}`, each.sourceEnd]));
    const { source, target } = this.#ends;
    const outcomes = await syncGroups(
      { source: source.admin, target: target.admin },
      this.#options.groups,
      (topic, index) => {
        const copiedTo = ends.get(`${topic}/${index}`);
        const map = new OffsetMap(log.state.breaks(topic, index));
        return copiedTo === undefined ? undefined : { copiedTo, toTarget: (offset) => map.toTarget(offset) };
      },
    );
    const refused = outcomes.filter((each) => each.refused !== null && each.type !== 'share');
    const share = outcomes.filter(({ type }) => type === 'share').map(({ groupId }) => groupId);
    const behind = outcomes.filter((each) => each.behind > 0).map(({ groupId }) => groupId);
    const bad = [...refused.map(({ groupId, refused: why }) => `${groupId} (${why})`), ...behind];
    this.#tell(
      'offsets of groups have moved',
      bad.length === 0,
      bad.length === 0 ? `${outcomes.length} groups` : `Not moved: ${named(bad)}.`,
    );
    if (share.length > 0)
      this.#tell('share groups', true, `Their place is not moved: ${named(share)}.`, true);
  }

  async #moveAccess(): Promise<void> {
    const { source, target } = this.#ends;
    const { missingUsers, notes } = await syncAccess({ source: source.admin, target: target.admin });
    if (missingUsers.length > 0)
      this.#tell('users', true, `They need a password on the target: ${missingUsers.join(', ')}.`, true);
    for (const note of notes) this.#tell('access', true, note, true);
  }

  async #verify({ state }: StateLog): Promise<void> {
    const verdicts = await verify(this.#ends, state, { rangeSize: RANGE_SIZE, isSelected: () => true });
    const wrong = verdicts.filter(({ differences }) => differences.length > 0);
    const records = verdicts.reduce((sum, each) => sum + each.records, 0);
    const ranges = verdicts.reduce((sum, each) => sum + each.ranges, 0);
    const places = wrong.map(({ topic, partition, differences: [first] }) => {
      return `${topic}-${partition} (offsets ${first?.from} to ${first?.to})`;
    });
    const detail =
      wrong.length === 0 ? `${records} records in ${ranges} ranges` : `They differ: ${named(places)}.`;
    this.#tell('both ends hold the same', wrong.length === 0, detail);
  }

  /** The settings that were held back while copying. */
  async #finishTopics({ state }: StateLog): Promise<void> {
    const { source, target } = this.#ends;
    const refused: string[] = [];
    for (const topic of state.topics.keys()) {
      if (!(await source.admin.topicExists(topic))) continue;
      const [described] = await target.admin.describeTopics([topic]);
      const replicas = described?.partitions[0]?.replicas.length ?? 1;
      const wanted = finalConfigs(ownConfigs(await source.admin.describeConfigs({ topic })), replicas);
      const current = ownConfigs(await target.admin.describeConfigs({ topic }));
      await applyConfigs(target.admin, topic, changes(wanted, current), (text) => refused.push(text));
    }
    const detail = refused.length === 0 ? `${state.topics.size} topics` : refused.join(' ');
    this.#tell('topics have their settings', true, detail, refused.length > 0);
  }
}

function named(places: readonly string[]): string {
  const more = places.length > NAMED_MAX ? ` and ${places.length - NAMED_MAX} more` : '';
  return `${places.slice(0, NAMED_MAX).join(', ')}${more}`;
}
