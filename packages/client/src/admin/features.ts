// Features of a cluster: the levels it runs at, those that the broker asked supports, and changes of them (KIP-584, KIP-778).

import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { UpdateFeatures } from '@klamm/protocol/api/57-update-features';
import { errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import { askController, CONTROLLER_TIMEOUT_MS } from './controller-requests.ts';
import { throwFirst } from './topics.ts';

export interface Feature {
  /** As Kafka calls it: `metadata.version`. */
  readonly name: string;
  /** The level in force; 0 where the cluster goes without. */
  readonly level: number;
  /** Levels that the broker asked could run at; null where it does not know the feature. */
  readonly supported: { readonly min: number; readonly max: number } | null;
}

export interface FeatureUpdate {
  readonly name: string;
  readonly level: number;
  /** Whether the level may go down, where nothing is lost by that (`safe`), or at any price. Default: up only. */
  readonly downgrade?: 'safe' | 'unsafe';
}

const UPGRADE_TYPES = { upgrade: 1, safe: 2, unsafe: 3 } as const;
/** ApiVersions wants to know who asks. */
const SOFTWARE = { clientSoftwareName: 'klamm', clientSoftwareVersion: 'admin' };

/** By name. */
export async function describeFeatures(cluster: Cluster): Promise<Feature[]> {
  const { errorCode, supportedFeatures, finalizedFeatures } = await cluster.request(ApiVersions, SOFTWARE);
  if (errorCode !== 0) throw kafkaError(errorCode, `Features were not told: ${errorMeaning(errorCode)}`);
  const supported = new Map(
    supportedFeatures.map(({ name, minVersion: min, maxVersion: max }) => [name, { min, max }]),
  );
  const levels = new Map(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]));
  return [...new Set([...supported.keys(), ...levels.keys()])]
    .sort()
    .map((name) => ({ name, level: levels.get(name) ?? 0, supported: supported.get(name) ?? null }));
}

/** All or none. */
export async function updateFeatures(
  cluster: Cluster,
  updates: readonly FeatureUpdate[],
  validateOnly: boolean,
): Promise<void> {
  const { results } = await askController(
    cluster,
    UpdateFeatures,
    {
      timeoutMs: CONTROLLER_TIMEOUT_MS,
      featureUpdates: updates.map(({ name, level, downgrade }) => ({
        feature: name,
        maxVersionLevel: level,
        allowDowngrade: downgrade !== undefined,
        upgradeType: UPGRADE_TYPES[downgrade ?? 'upgrade'],
      })),
      validateOnly,
    },
    'The features were not updated',
  );
  throwFirst(
    results.map(({ feature, errorCode, errorMessage }) => ({
      what: `The feature ${feature} was not updated`,
      errorCode,
      errorMessage,
    })),
  );
}
