// The quotas by the flags that set them, and their values as people write them: `10MiB/s`, `50%`.

import type { QuotaName } from '@klamm/client/admin/quotas';
import { usageError } from './usage-error.ts';

interface QuotaFlag {
  readonly flag: string;
  readonly quota: QuotaName;
  readonly value: string;
  readonly about: string;
}

export const QUOTA_FLAGS: readonly QuotaFlag[] = [
  {
    flag: 'produce',
    quota: 'producer_byte_rate',
    value: 'bytes',
    about: 'bytes that may be sent in a second, as 10MiB/s',
  },
  {
    flag: 'consume',
    quota: 'consumer_byte_rate',
    value: 'bytes',
    about: 'bytes that may be read in a second',
  },
  {
    flag: 'requests',
    quota: 'request_percentage',
    value: 'percent',
    about: "share of one thread's time, as 50%",
  },
  {
    flag: 'changes',
    quota: 'controller_mutation_rate',
    value: 'count',
    about: 'partitions created or deleted in a second',
  },
  {
    flag: 'connections',
    quota: 'connection_creation_rate',
    value: 'count',
    about: 'new connections in a second; of --ip',
  },
];

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Throws a usage error where the text is no such value. */
export function quotaValue(quota: QuotaName, text: string, flag: string): number {
  const isBytes = quota.endsWith('byte_rate');
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*|%)(?:\/s)?$/.exec(text.trim());
  const [, digits = '', unit = ''] = match ?? [];
  const factor = isBytes ? UNITS[unit.toLowerCase()] : unit === '' || unit === '%' ? 1 : undefined;
  const value = Number(digits) * (factor ?? Number.NaN);
  if (match === null || factor === undefined || !(value > 0)) {
    const wanted = isBytes ? 'bytes a second, as 500kB, 10MiB/s' : 'a number above 0';
    throw usageError(`--${flag} ${text}: ${wanted} is needed.`);
  }
  return isBytes ? Math.round(value) : value;
}
