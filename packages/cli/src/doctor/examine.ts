// All that `klamm doctor` looks for.

import { checkAccess } from './check-access.ts';
import { checkImages, checkImageVariables, checkVolumes } from './check-container.ts';
import { checkDataDirectories } from './check-data-directory.ts';
import { checkInterBroker } from './check-inter-broker.ts';
import { checkAdvertised, checkListeners } from './check-listeners.ts';
import { checkLogin } from './check-login.ts';
import { checkClusterIds, checkNodeIds, checkQuorum } from './check-quorum.ts';
import { checkReplication } from './check-replication.ts';
import { checkSegments, checkSettings } from './check-settings.ts';
import { checkStores } from './check-stores.ts';
import type { Deployment } from './deployment.ts';
import { type Check, type Finding, mergeFindings } from './finding.ts';

const CHECKS: readonly Check[] = [
  checkImages,
  checkImageVariables,
  checkSettings,
  checkQuorum,
  checkNodeIds,
  checkClusterIds,
  checkListeners,
  checkAdvertised,
  checkInterBroker,
  checkLogin,
  checkAccess,
  checkStores,
  checkReplication,
  checkSegments,
  checkDataDirectories,
  checkVolumes,
];

/** What is worst comes first. */
export function examine(deployment: Deployment): Finding[] {
  return mergeFindings(CHECKS.flatMap((check) => check(deployment)));
}
