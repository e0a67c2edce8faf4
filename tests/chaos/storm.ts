// Members of one group, each a process, and what can befall them and their broker.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Random } from '@klamm/base/random';
import { drawFate, type Fate } from '../peers/fates.ts';
import type { RestartedBroker } from '../peers/restarted-broker.ts';

const MEMBER = fileURLToPath(new URL('member.ts', import.meta.url));
const STYLES = ['stream', 'handler', 'each'] as const;
const LONGEST_PAUSE_MS = 9000;
const FOREIGN = 'foreign';
const FOREIGN_EACH = 4;

/** A member of somebody else's client: what to run. It prints what it reads before it commits it. */
export type ForeignMember = (
  bootstrap: string,
  groupId: string,
  topic: string,
) => {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export interface StormOptions {
  /** One in four members is one of these, in turn. */
  readonly foreign?: readonly ForeignMember[];
  /** Assignors of our members; those of the foreign ones are their own. */
  readonly assignors?: string;
  readonly groupId: string;
  readonly topic: string;
  /** The protocols that members speak, drawn for each. */
  readonly protocols: readonly string[];
  readonly random: Random;
  readonly broker: RestartedBroker;
}

export class Storm {
  readonly #options: StormOptions;
  readonly #own = mkdtempSync(join(tmpdir(), 'klamm-chaos-'));
  readonly #members = new Map<string, ChildProcess>();
  readonly #files = new Map<string, string>();
  readonly #log: string[] = [];
  #count = 0;
  #began = performance.now();

  constructor(options: StormOptions) {
    this.#options = options;
  }

  /** What was done, for a failed test. */
  get log(): readonly string[] {
    return this.#log;
  }

  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  get alive(): ReadonlySet<string> {
    return new Set(this.#members.keys());
  }

  startMember(): void {
    const { groupId, topic, protocols, random, broker } = this.#options;
    const style = STYLES[Math.floor(random() * STYLES.length)] ?? 'stream';
    const protocol = protocols[Math.floor(random() * protocols.length)] ?? 'auto';
    const seed = ++this.#count;
    const { foreign = [], assignors = '' } = this.#options;
    const other = seed % FOREIGN_EACH === 0 ? foreign[(seed / FOREIGN_EACH) % foreign.length] : undefined;
    if (other !== undefined) {
      this.#startForeign(other, seed);
      return;
    }
    const name = `m${seed}-${protocol}-${style}`;
    const file = join(this.#own, name);
    const args = [MEMBER, broker.bootstrap, groupId, topic, protocol, style, `${seed}`, file, assignors];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#watch(name, file, child);
  }

  /** Whether a member is alive that does not say what it has. */
  get hasForeign(): boolean {
    return [...this.#members.keys()].some((name) => name.endsWith(FOREIGN));
  }

  #startForeign(member: ForeignMember, seed: number): void {
    const { groupId, topic, broker } = this.#options;
    const { command, args, env } = member(broker.bootstrap, groupId, topic);
    const name = `m${seed}-${FOREIGN}`;
    const file = join(this.#own, name);
    const output = openSync(file, 'w');
    const child = spawn(command, args, {
      stdio: ['ignore', output, 'ignore'],
      env: { ...process.env, ...env },
    });
    closeSync(output);
    this.#watch(name, file, child);
  }

  #watch(name: string, file: string, child: ChildProcess): void {
    this.#members.set(name, child);
    this.#files.set(name, file);
    child.once('exit', () => this.#members.delete(name));
  }

  /** Something befalls the group. Resolves when it is done; its consequences are not. */
  async strike(): Promise<void> {
    const fates: Fate[] = [
      [4, 'a member is killed, another starts', () => this.#replace('SIGKILL')],
      [4, 'a member leaves, another starts', () => this.#replace('SIGTERM')],
      [2, 'a member joins', () => this.startMember()],
      [2, 'a member leaves', () => this.#end('SIGTERM')],
      [2, 'a member is paused', () => this.#pause()],
      [1, 'the broker is killed and starts again', () => this.#crash()],
    ];
    const [, name, strike] = drawFate(this.#options.random, fates);
    this.#log.push(`${((performance.now() - this.#began) / 1000).toFixed(1)} s: ${name}`);
    await strike();
  }

  /** Ends everything that was started. */
  async end(): Promise<void> {
    const members = [...this.#members.values()];
    const gone = members.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of members) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    }
    const timer = setTimeout(() => {
      for (const child of members) child.kill('SIGKILL');
    }, 15_000);
    await Promise.all(gone);
    clearTimeout(timer);
  }

  removeFiles(): void {
    rmSync(this.#own, { recursive: true, force: true });
  }

  #someone(): [string, ChildProcess] | undefined {
    const members = [...this.#members];
    return members[Math.floor(this.#options.random() * members.length)];
  }

  #end(signal: NodeJS.Signals): void {
    this.#someone()?.[1].kill(signal);
  }

  #replace(signal: NodeJS.Signals): void {
    this.#end(signal);
    this.startMember();
  }

  /** For longer than its session, sometimes: then others have its partitions when it wakes up. */
  #pause(): void {
    const paused = this.#someone()?.[1];
    paused?.kill('SIGSTOP');
    const resume = (): void => void paused?.kill('SIGCONT');
    setTimeout(resume, this.#options.random() * LONGEST_PAUSE_MS);
  }

  async #crash(): Promise<void> {
    const { broker, random } = this.#options;
    await broker.kill();
    await wait(random() * 1000);
    await broker.startAgain();
  }
}
