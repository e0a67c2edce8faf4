// The users that log in by SCRAM as they stand: what the broker keeps of each one's password, by mechanism
// (org.apache.kafka.image.ScramImage).

import type { ScramCredential } from '@klamm/protocol/sasl/scram-keys';

export class ScramImage {
  readonly #users = new Map<string, Map<number, ScramCredential>>();

  /** Names of all users. */
  get names(): IterableIterator<string> {
    return this.#users.keys();
  }

  /** By mechanism (`SCRAM_MECHANISMS[…].type`), in order; empty where there is no such user. */
  credentials(name: string): [mechanism: number, credential: ScramCredential][] {
    return [...(this.#users.get(name) ?? [])].sort(([a], [b]) => a - b);
  }

  credential(name: string, mechanism: number): ScramCredential | undefined {
    return this.#users.get(name)?.get(mechanism);
  }

  set(name: string, mechanism: number, { salt, storedKey, serverKey, iterations }: ScramCredential): void {
    // What is read off the log is a view of a whole batch.
    const credential = {
      salt: Buffer.from(salt),
      storedKey: Buffer.from(storedKey),
      serverKey: Buffer.from(serverKey),
      iterations,
    };
    const own = this.#users.get(name);
    if (own === undefined) this.#users.set(name, new Map([[mechanism, credential]]));
    else own.set(mechanism, credential);
  }

  remove(name: string, mechanism: number): void {
    const own = this.#users.get(name);
    own?.delete(mechanism);
    if (own?.size === 0) this.#users.delete(name);
  }
}
