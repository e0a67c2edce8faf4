// The users of SCRAM that a new data directory begins with (`klamm.scram.users`, as `--add-scram` of Kafka's storage
// tool): without one, nobody could log in to make others. Later starts leave users alone, so that who was removed stays so.

import { randomBytes } from 'node:crypto';
import { listOf } from '@klamm/base/config';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import { SCRAM_ITERATIONS_MIN, SCRAM_MECHANISMS, saltedPassword } from '@klamm/protocol/sasl/scram-keys';
import type { Catalog } from '../metadata/catalog.ts';
import { alterScramRecords } from '../metadata/scram-changes.ts';

const SETTING = 'klamm.scram.users';
const SALT_BYTES = 24;

/** Adds them for each SCRAM mechanism that one of the listeners offers. Throws KlammError INVALID_CONFIG. */
export async function addFirstUsers(
  catalog: Catalog,
  listeners: readonly { readonly name: string }[],
): Promise<void> {
  const { settings } = catalog;
  const text = settings.optional(SETTING);
  if (text === undefined || text === '') return;
  const users = [...parseJaas(text, SETTING).options].filter(([option]) => option.startsWith('user_'));
  const offered = new Set(
    listeners.flatMap(({ name }) => listOf(settings.forListener(name, 'sasl.enabled.mechanisms') ?? '')),
  );
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    if (!offered.has(mechanism)) continue;
    const upsertions = await Promise.all(
      users.map(async ([option, password]) => {
        const salt = randomBytes(SALT_BYTES);
        return {
          name: option.slice('user_'.length),
          mechanism: SCRAM_MECHANISMS[mechanism].type,
          iterations: SCRAM_ITERATIONS_MIN,
          salt,
          saltedPassword: await saltedPassword(mechanism, password, salt, SCRAM_ITERATIONS_MIN),
        };
      }),
    );
    await catalog.change(({ scram }) => ({
      records: alterScramRecords(scram, [], upsertions).records,
      result: undefined,
    }));
  }
}
