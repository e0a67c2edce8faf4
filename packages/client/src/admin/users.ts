// Users that log in by SCRAM (KIP-554). The password is salted and hashed here; the broker never sees it. Nothing of a
// credential comes back but its mechanism and its rounds.

import { randomBytes } from 'node:crypto';
import { DescribeUserScramCredentials } from '@klamm/protocol/api/50-describe-user-scram-credentials';
import { AlterUserScramCredentials } from '@klamm/protocol/api/51-alter-user-scram-credentials';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  SCRAM_ITERATIONS_MAX,
  SCRAM_ITERATIONS_MIN,
  SCRAM_MECHANISMS,
  type ScramMechanism,
  saltedPassword,
} from '@klamm/protocol/sasl/scram-keys';
import type { Cluster } from '../cluster.ts';
import { invalidOption } from '../option-checks.ts';
import { throwFirst } from './topics.ts';

export type { ScramMechanism } from '@klamm/protocol/sasl/scram-keys';

export interface UserDescription {
  readonly name: string;
  readonly credentials: readonly {
    readonly mechanism: ScramMechanism | 'unknown';
    readonly iterations: number;
  }[];
}

export interface UserCredential {
  readonly name: string;
  readonly password: string;
  /** Default SCRAM-SHA-512. */
  readonly mechanism?: ScramMechanism;
  /** Rounds of hashing, 4,096 (the default) to 16,384. */
  readonly iterations?: number;
}

export interface UserCredentialDeletion {
  readonly name: string;
  readonly mechanism: ScramMechanism;
}

const DEFAULT_MECHANISM: ScramMechanism = 'SCRAM-SHA-512';
const SALT_BYTES = 24;

/** By name. `names`: only these, of which each has to be there (RESOURCE_NOT_FOUND); null for all. */
export async function describeUsers(
  cluster: Cluster,
  names: readonly string[] | null,
): Promise<UserDescription[]> {
  const answer = await cluster.request(DescribeUserScramCredentials, {
    users: names === null ? null : names.map((name) => ({ name })),
  });
  throwFirst([
    { what: 'The users cannot be read', errorCode: answer.errorCode, errorMessage: answer.errorMessage },
    ...answer.results.map(({ user, errorCode, errorMessage }) => ({
      what: `The user "${user}" cannot be described`,
      errorCode,
      errorMessage: errorCode === ErrorCode.RESOURCE_NOT_FOUND ? 'there is no such user' : errorMessage,
    })),
  ]);
  return answer.results
    .map(({ user, credentialInfos }) => ({
      name: user,
      credentials: [...credentialInfos]
        .sort((a, b) => a.mechanism - b.mechanism)
        .map(({ mechanism, iterations }) => ({ mechanism: mechanismName(mechanism), iterations })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Sets and removes credentials. A user is there while there is one. Throws what the first refused user was refused with
 * when all of a request are decided, and INVALID_CONFIG for a password or a number of rounds that cannot be.
 */
export async function alterUsers(
  cluster: Cluster,
  upsertions: readonly UserCredential[],
  deletions: readonly UserCredentialDeletion[],
): Promise<void> {
  const changes: Change[] = [
    ...(await Promise.all(
      upsertions.map(async (credential) => ({ upsertion: await upsertion(credential) })),
    )),
    ...deletions.map(({ name, mechanism }) => ({
      deletion: { name, mechanism: SCRAM_MECHANISMS[mechanism].type },
    })),
  ];
  for (const wave of waves(changes)) {
    const { results } = await cluster.request(AlterUserScramCredentials, {
      upsertions: wave.flatMap((change) => change.upsertion ?? []),
      deletions: wave.flatMap((change) => change.deletion ?? []),
    });
    throwFirst(
      results.map(({ user, errorCode, errorMessage }) => ({
        what: `The user "${user}" was not changed`,
        errorCode,
        errorMessage:
          errorCode === ErrorCode.RESOURCE_NOT_FOUND
            ? 'it has no credential for this mechanism'
            : errorMessage,
      })),
    );
  }
}

type Change =
  | { readonly upsertion: Awaited<ReturnType<typeof upsertion>>; readonly deletion?: undefined }
  | {
      readonly deletion: { readonly name: string; readonly mechanism: number };
      readonly upsertion?: undefined;
    };

/** Brokers change a user once in a request: the second change of each goes into the second request, and so on. */
function waves(changes: readonly Change[]): Change[][] {
  const counts = new Map<string, number>();
  const found: Change[][] = [];
  for (const change of changes) {
    const { name } = change.upsertion ?? change.deletion;
    const wave = counts.get(name) ?? 0;
    counts.set(name, wave + 1);
    found[wave] = [...(found[wave] ?? []), change];
  }
  return found;
}

/** Removes all credentials of a user, or those named. Throws RESOURCE_NOT_FOUND where there are none. */
export async function deleteUser(
  cluster: Cluster,
  name: string,
  mechanisms?: readonly ScramMechanism[],
): Promise<void> {
  const [user] = mechanisms === undefined ? await describeUsers(cluster, [name]) : [];
  const all = mechanisms ?? user?.credentials.map(({ mechanism }) => mechanism) ?? [];
  const known = all.filter((mechanism) => mechanism !== 'unknown');
  await alterUsers(
    cluster,
    [],
    known.map((mechanism) => ({ name, mechanism })),
  );
}

async function upsertion(credential: UserCredential) {
  const { name, password, mechanism = DEFAULT_MECHANISM, iterations = SCRAM_ITERATIONS_MIN } = credential;
  if (password === '') throw invalidOption(`The password of the user "${name}" is empty.`);
  if (
    !Number.isInteger(iterations) ||
    iterations < SCRAM_ITERATIONS_MIN ||
    iterations > SCRAM_ITERATIONS_MAX
  ) {
    throw invalidOption(
      `\`iterations\` is ${String(iterations)}; brokers take ${SCRAM_ITERATIONS_MIN} to ${SCRAM_ITERATIONS_MAX}.`,
    );
  }
  if (!Object.hasOwn(SCRAM_MECHANISMS, mechanism)) {
    throw invalidOption(
      `\`mechanism\` is ${String(mechanism)}; there are ${Object.keys(SCRAM_MECHANISMS).join(', ')}.`,
    );
  }
  const salt = randomBytes(SALT_BYTES);
  return {
    name,
    mechanism: SCRAM_MECHANISMS[mechanism].type,
    iterations,
    salt,
    saltedPassword: await saltedPassword(mechanism, password, salt, iterations),
  };
}

function mechanismName(type: number): ScramMechanism | 'unknown' {
  const names = Object.keys(SCRAM_MECHANISMS) as ScramMechanism[];
  return names.find((name) => SCRAM_MECHANISMS[name].type === type) ?? 'unknown';
}
