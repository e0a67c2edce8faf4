// Who may do what, by the ACLs in the metadata log (org.apache.kafka.metadata.authorizer.StandardAuthorizer).
//
// An ACL that denies wins over all that allow; whoever no ACL is about may do nothing, unless nothing at all is said of
// the resource and `allow.everyone.if.no.acl.found` is set. Allowing to read, write, delete or alter allows to describe,
// and allowing to alter settings allows to describe them; denying implies nothing. Super users are never asked.
//
// Decisions on topics are kept, since Produce and Fetch ask for the same few over and over: by connection, at most so
// many, and only until an ACL or the principal changes.

import type { ClientConnection } from '../../listeners/connection.ts';
import {
  type Acl,
  AclResource,
  EVERYBODY,
  Operation,
  PatternType,
  Permission,
  WILDCARD,
} from '../../metadata/acl.ts';
import type { AclImage } from '../../metadata/acl-image.ts';
import type { AuditLog } from './audit-log.ts';
import { canonicalHost, type Subject, subjectOf } from './subject.ts';

/** Topics whose decisions are kept for one connection. */
const REMEMBERED_MAX = 128;
/** What Apache Kafka asks about in this place: a resource of no particular name. */
const SOME_NAME = 'hardcode';

const IMPLY_DESCRIBE: ReadonlySet<number> = new Set([
  Operation.read,
  Operation.write,
  Operation.delete,
  Operation.alter,
]);

export interface AuthorizerOptions {
  /** As `User:alice`. */
  readonly superUsers: ReadonlySet<string>;
  /** Whether everybody may use what no ACL is about. */
  readonly allowIfNoAcl: boolean;
  readonly audit: AuditLog;
}

interface Remembered {
  readonly subject: Subject;
  readonly version: number;
  /** By topic: a bit for each operation that was judged, and 16 higher one where it is allowed. */
  readonly topics: Map<string, number>;
}

export class StandardAuthorizer {
  readonly #acls: AclImage;
  readonly #options: AuthorizerOptions;
  readonly #remembered = new WeakMap<ClientConnection, Remembered>();

  constructor(acls: AclImage, options: AuthorizerOptions) {
    this.#acls = acls;
    this.#options = options;
  }

  /**
   * Whether whoever is at the other end of a connection may do this.
   *
   * @param apiName for whose request it is asked; undefined where a refusal is no news (a filter, not a request)
   */
  allows(
    connection: ClientConnection,
    operation: number,
    resourceType: number,
    resourceName: string,
    apiName: string | undefined,
  ): boolean {
    const remembered = this.#recall(connection);
    const isAllowed =
      resourceType === AclResource.topic
        ? this.#judgeTopic(remembered, operation, resourceName)
        : this.judge(remembered.subject, operation, resourceType, resourceName);
    if (!isAllowed && apiName !== undefined)
      this.#options.audit.denied(remembered.subject, operation, resourceType, resourceName, apiName);
    return isAllowed;
  }

  /** Whether it is allowed on some resource of a kind, whichever that is (KIP-679). */
  allowsSome(
    connection: ClientConnection,
    operation: number,
    resourceType: number,
    apiName: string | undefined,
  ): boolean {
    const { subject } = this.#recall(connection);
    const isAllowed = this.judgeSome(subject, operation, resourceType);
    if (!isAllowed && apiName !== undefined)
      this.#options.audit.denied(subject, operation, resourceType, WILDCARD, apiName);
    return isAllowed;
  }

  /** As `allows`, for a subject by itself, and without a word to the log. */
  judge(subject: Subject, operation: number, resourceType: number, resourceName: string): boolean {
    const { superUsers, allowIfNoAcl } = this.#options;
    if (superUsers.has(subject.principalText)) return true;
    let isAnySaid = false;
    let isAllowed = false;
    for (const byPrincipal of this.#acls.applying(resourceType, resourceName)) {
      isAnySaid = true;
      for (const acl of byPrincipal.get(subject.principalText) ?? NONE) {
        if (!isAbout(acl, subject.host, operation)) continue;
        if (acl.permissionType === Permission.deny) return false;
        isAllowed = true;
      }
      if (subject.principalText === EVERYBODY) continue;
      for (const acl of byPrincipal.get(EVERYBODY) ?? NONE) {
        if (!isAbout(acl, subject.host, operation)) continue;
        if (acl.permissionType === Permission.deny) return false;
        isAllowed = true;
      }
    }
    return isAllowed || (!isAnySaid && allowIfNoAcl);
  }

  /** As `allowsSome`, for a subject by itself. Here an operation is implied by no other, as in Apache Kafka. */
  judgeSome(subject: Subject, operation: number, resourceType: number): boolean {
    if (this.judge(subject, operation, resourceType, SOME_NAME)) return true;
    const allowed: Acl[] = [];
    const deniedNames = new Set<string>();
    const deniedPrefixes = new Set<string>();
    let isAllAllowed = false;
    for (const principal of new Set([subject.principalText, EVERYBODY])) {
      for (const acl of this.#acls.ofPrincipal(resourceType, principal)) {
        if (!isFrom(acl, subject.host)) continue;
        if (acl.operation !== operation && acl.operation !== Operation.all) continue;
        const isAll = acl.patternType === PatternType.literal && acl.resourceName === WILDCARD;
        if (acl.permissionType === Permission.allow) {
          if (isAll) isAllAllowed = true;
          else allowed.push(acl);
        } else if (isAll) return false;
        else (acl.patternType === PatternType.prefixed ? deniedPrefixes : deniedNames).add(acl.resourceName);
      }
    }
    return isAllAllowed || allowed.some((acl) => !isDominated(acl, deniedNames, deniedPrefixes));
  }

  #recall(connection: ClientConnection): Remembered {
    const known = this.#remembered.get(connection);
    const { version } = this.#acls;
    if (known !== undefined && known.version === version && known.subject.principal === connection.principal)
      return known;
    const fresh = { subject: subjectOf(connection), version, topics: new Map<string, number>() };
    this.#remembered.set(connection, fresh);
    return fresh;
  }

  #judgeTopic({ subject, topics }: Remembered, operation: number, topic: string): boolean {
    const judged = 1 << operation;
    const allowed = judged << 16;
    const bits = topics.get(topic) ?? 0;
    if ((bits & judged) !== 0) return (bits & allowed) !== 0;
    const isAllowed = this.judge(subject, operation, AclResource.topic, topic);
    if (bits === 0 && topics.size >= REMEMBERED_MAX) topics.clear();
    topics.set(topic, bits | judged | (isAllowed ? allowed : 0));
    return isAllowed;
  }
}

const NONE: readonly Acl[] = [];

function isFrom(acl: Acl, host: string): boolean {
  return (
    acl.host === WILDCARD || acl.host === host || (host.includes(':') && canonicalHost(acl.host) === host)
  );
}

function isAbout(acl: Acl, host: string, operation: number): boolean {
  if (!isFrom(acl, host)) return false;
  if (acl.operation === Operation.all || acl.operation === operation) return true;
  if (acl.permissionType !== Permission.allow) return false;
  if (operation === Operation.describe) return IMPLY_DESCRIBE.has(acl.operation);
  return operation === Operation.describeConfigs && acl.operation === Operation.alterConfigs;
}

/** Whether everything that an ACL allows is denied by another. */
function isDominated(
  { patternType, resourceName }: Acl,
  deniedNames: ReadonlySet<string>,
  deniedPrefixes: ReadonlySet<string>,
): boolean {
  if (patternType === PatternType.literal && deniedNames.has(resourceName)) return true;
  if (deniedPrefixes.size === 0) return false;
  for (let length = 1; length <= resourceName.length; length++) {
    if (deniedPrefixes.has(resourceName.slice(0, length))) return true;
  }
  return false;
}
