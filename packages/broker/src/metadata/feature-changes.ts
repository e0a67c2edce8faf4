// Decisions on the levels of features: what is refused and why, or which records make it so. Rules of FeatureControlManager
// and of MetadataVersion of Apache Kafka 4.3. Klamm serves every level that it knows: what a level changes is told to
// clients, who choose their requests by it.

import { ConfigRecord, FeatureLevelRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { FEATURES, KRAFT_RANGE, KRAFT_VERSION, METADATA_VERSION } from './bootstrap.ts';
import { type MetadataImage, ResourceType } from './image.ts';

/** How a level may change (org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType). */
export const UpgradeType = { upgrade: 1, safe: 2, unsafe: 3 } as const;

export interface FeatureChange {
  readonly name: string;
  readonly level: number;
  readonly upgradeType: number;
}

interface FeatureState {
  readonly features: ReadonlyMap<string, number>;
  readonly kraftVersion: number;
  readonly nodeId: number;
}

/** Levels of metadata.version that brought records, or fields of them, which the level below does not know. */
const RECORDS_SINCE = [8, 11, 13, 14, 15, 17, 23, 30];
const ELIGIBLE_LEADERS = 'eligible.leader.replicas.version';
/** The level of metadata.version that eligible leader replicas need. */
const ELIGIBLE_LEADERS_SINCE = 23;
const MIN_ISR = 'min.insync.replicas';

/** Why a set of changes cannot be made; null where it can. Of a feature that is named twice the last counts. */
export function checkFeatures(changes: readonly FeatureChange[], state: FeatureState): string | null {
  const last = lastOfEach(changes);
  const after = new Map(state.features);
  for (const { name, level } of last) after.set(name, level);
  for (const change of last) {
    const problem = problemOf(change, state) ?? dependencyProblem(change, after);
    if (problem !== null) return `${change.name} cannot go to level ${change.level}: ${problem}`;
  }
  return null;
}

/** The records of changes that were checked. */
export function featureRecords(
  changes: readonly FeatureChange[],
  image: MetadataImage,
  minInSync: string,
): Buffer[] {
  return lastOfEach(changes)
    .filter(({ name }) => name !== KRAFT_VERSION)
    .flatMap(({ name, level }) => [
      ...(name === ELIGIBLE_LEADERS && level > 0 && (image.features.get(name) ?? 0) === 0
        ? clusterMinimum(image, minInSync)
        : []),
      encodeMetadata(FeatureLevelRecord, { name, featureLevel: level }),
    ]);
}

function lastOfEach(changes: readonly FeatureChange[]): FeatureChange[] {
  return [...new Map(changes.map((change) => [change.name, change])).values()];
}

function problemOf({ name, level, upgradeType }: FeatureChange, state: FeatureState): string | null {
  const isUpgrade = upgradeType === UpgradeType.upgrade;
  if (upgradeType < UpgradeType.upgrade || upgradeType > UpgradeType.unsafe)
    return `there is no type ${upgradeType} of upgrade.`;
  if (level < 0) return 'a level is 0 or more.';
  const range = name === KRAFT_VERSION ? KRAFT_RANGE : FEATURES.find((feature) => feature.name === name);
  if (range === undefined) return `node ${state.nodeId} does not know this feature.`;
  if (level < range.minVersion || level > range.maxVersion)
    return `node ${state.nodeId} supports ${range.minVersion} to ${range.maxVersion}.`;
  const now = name === KRAFT_VERSION ? state.kraftVersion : (state.features.get(name) ?? 0);
  if (level < now && isUpgrade) return `it is at ${now}, and to go down has to be asked for as a downgrade.`;
  if (level > now && !isUpgrade) return `it is at ${now}, and a downgrade does not go up.`;
  if (name === KRAFT_VERSION && level !== now) return kraftProblem(level);
  if (
    name === METADATA_VERSION &&
    level < now &&
    RECORDS_SINCE.some((since) => since > level && since <= now)
  ) {
    return upgradeType === UpgradeType.unsafe
      ? 'what only newer levels can tell would be lost, and there is no way back that loses it.'
      : 'what only newer levels can tell might be lost.';
  }
  return null;
}

function kraftProblem(level: number): string {
  return level === 0
    ? 'voters that the metadata log names cannot be fixed again.'
    : 'the log would have to name the address at which this node votes, and Klamm has none, being alone. Hand the ' +
        'data directory over to Apache Kafka (klamm log hand-over), and upgrade there.';
}

function dependencyProblem(
  { name, level }: FeatureChange,
  after: ReadonlyMap<string, number>,
): string | null {
  if (name !== ELIGIBLE_LEADERS || level === 0) return null;
  const metadata = after.get(METADATA_VERSION) ?? 0;
  return metadata >= ELIGIBLE_LEADERS_SINCE
    ? null
    : `it needs ${METADATA_VERSION} ${ELIGIBLE_LEADERS_SINCE} or newer, and that would be ${metadata}.`;
}

/** With eligible leader replicas (KIP-966) the minimum is one of the cluster, no longer of each broker. */
function clusterMinimum(image: MetadataImage, minInSync: string): Buffer[] {
  const configRecord = (resourceName: string, value: string | null): Buffer =>
    encodeMetadata(ConfigRecord, { resourceType: ResourceType.broker, resourceName, name: MIN_ISR, value });
  const isSet = image.configs(ResourceType.broker, '').has(MIN_ISR);
  const own = image.configured(ResourceType.broker).filter((name) => {
    return name !== '' && image.configs(ResourceType.broker, name).has(MIN_ISR);
  });
  return [...(isSet ? [] : [configRecord('', minInSync)]), ...own.map((name) => configRecord(name, null))];
}
