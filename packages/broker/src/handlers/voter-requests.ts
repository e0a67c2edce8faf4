// What the requests that change voters have in common: they may name the cluster that they are meant for.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Refused } from '../metadata/topic-changes.ts';

/** The refusal of a request that is meant for another cluster; null where it is for this one, or does not say. */
export function otherClusterProblem(own: string, asked: string | null): Refused | null {
  if (asked === null || asked === own) return null;
  const errorMessage = `The request is for the cluster "${asked}", and this is "${own}".`;
  return { errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID, errorMessage };
}
