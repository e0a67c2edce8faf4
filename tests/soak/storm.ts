// The clients of the soak, each a process, and what befalls them and their broker.
//
// Each client has a place with a transactional id. Whoever has the place may be killed and followed by another, or
// stopped and replaced: when such a zombie wakes up, it has to find itself fenced off. One that ends by itself, as one
// does that was fenced off because it was too slow, is followed by another.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '@klamm/base/random';
import { drawFate, type Fate } from '../peers/fates.ts';
import type { RestartedBroker } from '../peers/restarted-broker.ts';
import { TRANSACTION_TIMEOUT_MS } from './plan.ts';

/** What to run: one that has the transactional id `name`, and writes down what it does in `file`. */
export type ClientProgram = (
  name: string,
  incarnation: number,
  file: string,
) => {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

interface Place {
  readonly name: string;
  readonly role: 'mover' | 'copier';
  readonly program: ClientProgram;
  /** undefined while nobody has it. */
  holder: ChildProcess | undefined;
}

const LONGEST_PAUSE_MS = 1.5 * TRANSACTION_TIMEOUT_MS;
const LONGEST_VACANCY_MS = 2 * TRANSACTION_TIMEOUT_MS;
/** How soon another comes after one that ended by itself. */
const FOLLOWED_AFTER_MS = 1000;
const END_MS = 30_000;

export class Storm {
  readonly #random: Random;
  readonly #broker: RestartedBroker;
  readonly #own = mkdtempSync(join(tmpdir(), 'klamm-soak-'));
  #places: Place[] = [];
  readonly #running = new Map<ChildProcess, Place>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #files = new Map<string, string>();
  readonly #log: string[] = [];
  readonly #began = performance.now();
  #count = 0;
  #isOver = false;

  constructor(random: Random, broker: RestartedBroker) {
    this.#random = random;
    this.#broker = broker;
  }

  /** What was done, for a failed test. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** What each incarnation of each client wrote down, by its name. */
  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  add(role: Place['role'], name: string, program: ClientProgram): void {
    const place: Place = { name, role, program, holder: undefined };
    this.#places.push(place);
    this.#fill(place);
  }

  /** Something happens. Resolves when it is done; its consequences are not. */
  async strike(): Promise<void> {
    const [, name, strike] = drawFate(this.#random, this.#fates);
    this.#log.push(`${((performance.now() - this.#began) / 1000).toFixed(1)} s: ${name}`);
    await strike();
  }

  get #fates(): Fate[] {
    const anyMover = (): Place => this.#someone('mover');
    const anyCopier = (): Place => this.#someone('copier');
    return [
      [3, 'a mover is killed, and followed at once', () => this.#replace(anyMover(), 'SIGKILL')],
      [2, 'a mover is killed, and followed later', () => this.#vacate(anyMover(), 'SIGKILL')],
      [3, 'a mover is stopped, and replaced', () => this.#makeZombie(anyMover())],
      [1, 'a mover is paused', () => this.#pause(anyMover().holder)],
      [1, 'a mover leaves, and another comes', () => this.#replace(anyMover(), 'SIGTERM')],
      [2, 'a copier is killed, and followed at once', () => this.#replace(anyCopier(), 'SIGKILL')],
      [1, 'a copier is killed, and followed later', () => this.#vacate(anyCopier(), 'SIGKILL')],
      [2, 'a copier is stopped, and replaced', () => this.#makeZombie(anyCopier())],
      [1, 'a copier is paused', () => this.#pause(anyCopier().holder)],
      [1, 'a copier leaves, and another comes', () => this.#replace(anyCopier(), 'SIGTERM')],
      [3, 'the broker is killed, and starts again', () => this.#crash()],
    ];
  }

  /** Wakes up all that sleep, and fills every place: the sky clears. */
  calm(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const child of this.#running.keys()) child.kill('SIGCONT');
    for (const place of this.#places) this.#fillVacant(place);
  }

  /** Asks these, the replaced ones too, to finish what they have in hand; resolves when they are gone. */
  async end(role: Place['role']): Promise<void> {
    this.#places = this.#places.filter((place) => place.role !== role);
    const ending = [...this.#running].filter(([, place]) => place.role === role);
    await Promise.all(ending.map(([child]) => endOf(child, 'SIGTERM')));
  }

  /** Ends everything that was started. */
  async endAll(): Promise<void> {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#running.keys()].map((child) => endOf(child, 'SIGKILL')));
  }

  /** The folder with what all clients wrote down and printed. */
  get folder(): string {
    return this.#own;
  }

  removeFiles(): void {
    rmSync(this.#own, { recursive: true, force: true });
  }

  #someone(role: Place['role']): Place {
    const places = this.#places.filter((place) => place.role === role);
    const place = places[Math.floor(this.#random() * places.length)];
    if (place === undefined) throw new Error(`there is no ${role}`);
    return place;
  }

  #fill(place: Place): void {
    const incarnation = ++this.#count;
    const called = `${place.name}.${incarnation}`;
    const file = join(this.#own, called);
    const { command, args, env } = place.program(place.name, incarnation, file);
    const output = openSync(`${file}.output`, 'w');
    const child = spawn(command, args, {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
    });
    closeSync(output);
    this.#files.set(called, file);
    this.#running.set(child, place);
    place.holder = child;
    child.once('exit', () => {
      this.#running.delete(child);
      if (place.holder !== child) return;
      place.holder = undefined;
      this.#later(FOLLOWED_AFTER_MS, () => this.#fillVacant(place));
    });
  }

  #replace(place: Place, signal: NodeJS.Signals): void {
    const { holder } = place;
    this.#fill(place);
    holder?.kill(signal);
  }

  /** For so long, sometimes, that what the one before left open is over before another comes. */
  #vacate(place: Place, signal: NodeJS.Signals): void {
    const { holder } = place;
    place.holder = undefined;
    holder?.kill(signal);
    this.#later(this.#random() * LONGEST_VACANCY_MS, () => this.#fillVacant(place));
  }

  #makeZombie(place: Place): void {
    const { holder } = place;
    this.#pause(holder);
    this.#fill(place);
  }

  #pause(child: ChildProcess | undefined): void {
    child?.kill('SIGSTOP');
    this.#later(this.#random() * LONGEST_PAUSE_MS, () => child?.kill('SIGCONT'));
  }

  #fillVacant(place: Place): void {
    if (!this.#isOver && place.holder === undefined && this.#places.includes(place)) this.#fill(place);
  }

  #later(afterMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, afterMs);
    this.#timers.add(timer);
  }

  async #crash(): Promise<void> {
    await this.#broker.kill();
    await wait(this.#random() * 1000);
    await this.#broker.startAgain();
  }
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGCONT');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await gone;
  clearTimeout(timer);
}
