// Decisions on the users that log in by SCRAM: what is refused and why, or which records make it so; and what may be
// told of them, which is never more than mechanisms and rounds (KIP-554). Rules of ScramControlManager and ScramImage.

import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  credentialOf,
  SCRAM_ITERATIONS_MAX,
  SCRAM_ITERATIONS_MIN,
  SCRAM_MECHANISMS,
  type ScramMechanism,
} from '@klamm/protocol/sasl/scram-keys';
import { RemoveUserScramCredentialRecord, UserScramCredentialRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import type { ScramImage } from './scram-image.ts';

interface Deletion {
  readonly name: string;
  readonly mechanism: number;
}

interface Upsertion extends Deletion {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
}

interface UserOutcome {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

type Problem = Omit<UserOutcome, 'user'>;

const TWICE: Problem = {
  errorCode: ErrorCode.DUPLICATE_RESOURCE,
  errorMessage: 'A user credential cannot be altered twice in the same request',
};

/** What a wish comes to: a record, or why there is none. */
type Outcome = Buffer | Problem;

/** The records that change what can be changed, and the outcome for each user. */
export function alterScramRecords(
  image: ScramImage,
  deletions: readonly Deletion[],
  upsertions: readonly Upsertion[],
): { records: Buffer[]; results: UserOutcome[] } {
  const outcomes = new Map<string, Outcome>();
  const decide = (name: string, outcome: () => Outcome): void => {
    const before = outcomes.get(name);
    if (before === undefined) outcomes.set(name, outcome());
    else if (Buffer.isBuffer(before)) outcomes.set(name, TWICE);
  };
  for (const deletion of deletions) decide(deletion.name, () => removal(image, deletion));
  for (const upsertion of upsertions) decide(upsertion.name, () => setting(upsertion));
  const records: Buffer[] = [];
  const results: UserOutcome[] = [];
  for (const [user, outcome] of outcomes) {
    if (Buffer.isBuffer(outcome)) {
      records.push(outcome);
      results.push({ user, errorCode: ErrorCode.NONE, errorMessage: null });
    } else results.push({ user, ...outcome });
  }
  return { records, results };
}

function removal(image: ScramImage, { name, mechanism }: Deletion): Outcome {
  const problem = nameProblem(name, mechanism);
  if (problem !== null) return problem;
  if (image.credential(name, mechanism) === undefined) {
    return refuse('RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist');
  }
  return encodeMetadata(RemoveUserScramCredentialRecord, { name, mechanism });
}

function setting({ name, mechanism: type, iterations, salt, saltedPassword }: Upsertion): Outcome {
  const problem = nameProblem(name, type);
  const mechanism = mechanismOf(type);
  if (problem !== null || mechanism === undefined) return problem ?? UNKNOWN;
  if (iterations < SCRAM_ITERATIONS_MIN) return refuse('UNACCEPTABLE_CREDENTIAL', 'Too few iterations');
  if (iterations > SCRAM_ITERATIONS_MAX) return refuse('UNACCEPTABLE_CREDENTIAL', 'Too many iterations');
  const credential = credentialOf(mechanism, saltedPassword, salt, iterations);
  return encodeMetadata(UserScramCredentialRecord, { name, mechanism: type, ...credential });
}

function nameProblem(name: string, mechanism: number): Problem | null {
  if (name === '') return refuse('UNACCEPTABLE_CREDENTIAL', 'Username must not be empty');
  return mechanismOf(mechanism) === undefined ? UNKNOWN : null;
}

function mechanismOf(type: number): ScramMechanism | undefined {
  const names = Object.keys(SCRAM_MECHANISMS) as ScramMechanism[];
  return names.find((name) => SCRAM_MECHANISMS[name].type === type);
}

/** What may be told of the users named, each once; null or none for all. */
export function describeScramUsers(image: ScramImage, names: readonly string[] | null) {
  const counts = new Map<string, number>();
  for (const name of names === null || names.length === 0 ? image.names : names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([user, count]) => {
    if (count > 1) {
      const message = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
      return { user, ...refuse('DUPLICATE_RESOURCE', message), credentialInfos: [] };
    }
    const credentialInfos = image
      .credentials(user)
      .map(([mechanism, { iterations }]) => ({ mechanism, iterations }));
    if (credentialInfos.length === 0) {
      const message = `Attempt to describe a user credential that does not exist: ${user}`;
      return { user, ...refuse('RESOURCE_NOT_FOUND', message), credentialInfos };
    }
    return { user, errorCode: ErrorCode.NONE, errorMessage: null, credentialInfos };
  });
}

function refuse(name: keyof typeof ErrorCode, errorMessage: string): Problem {
  return { errorCode: ErrorCode[name], errorMessage };
}

const UNKNOWN = refuse('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism');
