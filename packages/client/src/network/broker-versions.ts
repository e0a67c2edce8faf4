// What a broker says it speaks: versions of each API, and the features its cluster has taken on (KIP-35, KIP-584).

import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { codecOf } from '@klamm/protocol/schema/compile';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import { Reader } from '@klamm/protocol/wire/reader';
import { addressText, type BrokerAddress } from './address.ts';

type VersionRange = readonly [first: number, last: number];
type VersionsAnswer = Decoded<(typeof ApiVersions)['response']['fields']>;

export class BrokerVersions {
  readonly #address: BrokerAddress;
  readonly #versions = new Map<number, VersionRange>();
  readonly #featureLevels = new Map<string, number>();

  constructor(address: BrokerAddress) {
    this.#address = address;
  }

  /** Asks in the newest version, and in older ones where the broker does not know that. Throws what `ask` does. */
  async negotiate(ask: (version: number) => Promise<Buffer>): Promise<void> {
    for (let version = ApiVersions.versions[1]; ; ) {
      const frame = await ask(version);
      // A broker that does not know the version answers in version 0 with this code, and says what it knows.
      const known = frame.length < 6 || frame.readInt16BE(4) !== ErrorCode.UNSUPPORTED_VERSION;
      const answer = codecOf(ApiVersions.response, known ? version : 0).decode(new Reader(frame, 4));
      if (known || version === 0) {
        this.#learn(answer);
        return;
      }
      const offered = answer.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key);
      version = Math.min(version - 1, offered?.maxVersion ?? 0);
    }
  }

  #learn(answer: VersionsAnswer): void {
    if (answer.errorCode !== 0) throw kafkaError(answer.errorCode);
    for (const { apiKey, minVersion, maxVersion } of answer.apiKeys) {
      this.#versions.set(apiKey, [minVersion, maxVersion]);
    }
    for (const { name, maxVersionLevel } of answer.finalizedFeatures) {
      this.#featureLevels.set(name, maxVersionLevel);
    }
  }

  supports(api: Api): boolean {
    return this.#versions.has(api.key);
  }

  /** 0 where the cluster has not taken it on. */
  featureLevel(name: string): number {
    return this.#featureLevels.get(name) ?? 0;
  }

  /** The highest version that both sides know. Throws KlammError UNSUPPORTED_VERSION where there is none. */
  versionOf(api: Api, versionMax: number): number {
    const range = this.#versions.get(api.key);
    const first = Math.max(range?.[0] ?? 0, api.versions[0]);
    const last = Math.min(range?.[1] ?? -1, versionMax);
    if (last >= first) return last;
    throw kafkaError(
      ErrorCode.UNSUPPORTED_VERSION,
      range === undefined
        ? `The broker ${addressText(this.#address)} does not offer ${api.name}.`
        : `The broker ${addressText(this.#address)} offers ${api.name} in versions ${range[0]} to ${range[1]}, and this client speaks ${api.versions[0]} to ${versionMax}.`,
    );
  }
}
