// Looks at topics now and then, and says when they are not what they were: the leader of a classic group has to ask for a
// rebalance when a topic is added or grows, and so has each member with a pattern. Java does it every
// metadata.max.age.ms (5 minutes); here more often, and soon where something is missing.

import type { Timer } from '@klamm/base/clock';
import type { ClientSettings } from '../../options.ts';

const MISSING_FIRST_MS = 250;

export interface Watched {
  /** Why a rebalance is needed, for people; undefined where nothing changed. */
  readonly change: string | undefined;
  /** True where something is missing that is likely to come. */
  readonly isMissing: boolean;
}

export class TopicWatch {
  readonly #settings: ClientSettings;
  readonly #onChange: (reason: string) => void;
  #look: (() => Promise<Watched>) | undefined;
  #intervalMs = 0;
  #missingMs = MISSING_FIRST_MS;
  #timer: Timer | undefined;

  constructor(settings: ClientSettings, onChange: (reason: string) => void) {
    this.#settings = settings;
    this.#onChange = onChange;
  }

  /** Begins to look; what was watched before is not any more. */
  start(intervalMs: number, isMissing: boolean, look: () => Promise<Watched>): void {
    this.#look = look;
    this.#intervalMs = Math.min(intervalMs, this.#settings.metadataMaxAgeMs);
    this.#arm(isMissing);
  }

  stop(): void {
    this.#look = undefined;
    this.#timer?.cancel();
  }

  #arm(isMissing: boolean): void {
    if (!isMissing) this.#missingMs = MISSING_FIRST_MS;
    const delay = isMissing ? Math.min(this.#missingMs, this.#intervalMs) : this.#intervalMs;
    if (isMissing) this.#missingMs = Math.min(this.#missingMs * 2, this.#intervalMs);
    this.#timer?.cancel();
    this.#timer = this.#settings.clock.after(delay, () => void this.#check());
  }

  async #check(): Promise<void> {
    const look = this.#look;
    if (look === undefined) return;
    let watched: Watched;
    try {
      watched = await look();
    } catch {
      // Whoever needs the topics is told of the trouble; the next look may do.
      watched = { change: undefined, isMissing: false };
    }
    if (this.#look !== look) return;
    if (watched.change === undefined) this.#arm(watched.isMissing);
    else {
      this.stop();
      this.#onChange(watched.change);
    }
  }
}
