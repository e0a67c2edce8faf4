// The requests that every principal sends, in this order: each API in several versions, on what may be used and on what
// may not, on what is there and on what is not. What reads comes first; what changes things comes last.

import type { Row } from './row.ts';
import { adminRows } from './script-admin.ts';
import { clusterRows } from './script-cluster.ts';
import { groupRows } from './script-groups.ts';
import { recordRows } from './script-records.ts';
import { transactionRows } from './script-transactions.ts';

export const SCRIPT: readonly Row[] = [
  ...recordRows(),
  ...groupRows(),
  ...transactionRows(),
  ...clusterRows(),
  ...adminRows(),
];
