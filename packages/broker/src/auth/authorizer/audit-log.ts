// One line in the log for each operation that was denied, as Kafka's kafka.authorizer.logger has it at the same level:
// who, what, from where, on which resource, for which request.
//
// Names come from clients: they are quoted, without a character that could begin a line of its own, and cut. At most
// so many lines in ten seconds: how many were left out is said later, so that nobody fills a disk by being refused.

import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import type { Subject } from './subject.ts';

const LINES_MAX = 100;
const WINDOW_MS = 10_000;
const NAME_CHARACTERS_MAX = 300;

const OPERATION_NAMES = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'TWO_PHASE_COMMIT',
];
const RESOURCE_NAMES = [
  'Unknown',
  'Any',
  'Topic',
  'Group',
  'Cluster',
  'TransactionalId',
  'DelegationToken',
  'User',
];

export class AuditLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #windowEnd = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  denied(
    { principalText, host }: Subject,
    operation: number,
    resourceType: number,
    resourceName: string,
    apiName: string,
  ): void {
    const now = this.#clock.monotonic();
    if (now >= this.#windowEnd) {
      if (this.#leftOut > 0)
        this.#logger.info(`${this.#leftOut} further operations were denied; too many for a line each.`);
      this.#windowEnd = now + WINDOW_MS;
      this.#lines = 0;
      this.#leftOut = 0;
    }
    if (this.#lines >= LINES_MAX) {
      this.#leftOut++;
      return;
    }
    this.#lines++;
    const what = OPERATION_NAMES[operation] ?? `${operation}`;
    const kind = RESOURCE_NAMES[resourceType] ?? `${resourceType}`;
    this.#logger.info(
      `Principal ${quoted(principalText)} is denied ${what} from host ${quoted(host)} on ${kind} ${quoted(resourceName)} for request ${apiName}.`,
    );
  }
}

/** A name in a line: quoted, on that line, and not longer than a line should be. */
function quoted(text: string): string {
  const cut = text.length > NAME_CHARACTERS_MAX ? `${text.slice(0, NAME_CHARACTERS_MAX)}…` : text;
  // Beyond what JSON escapes: the line ends and direction marks of Unicode, and what a terminal takes for a command.
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
