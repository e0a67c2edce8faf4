// The authorizer that the settings ask for, or none: then everybody may do everything.

import type { Clock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import type { BrokerSettings } from '../../config/settings.ts';
import type { AclImage } from '../../metadata/acl-image.ts';
import { AuditLog } from './audit-log.ts';
import { StandardAuthorizer } from './standard-authorizer.ts';

const STANDARD = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';

/** Throws KlammError INVALID_CONFIG where another class is asked for, or a super user is none. */
export function openAuthorizer(
  settings: BrokerSettings,
  acls: AclImage,
  clock: Clock,
  logger: Logger,
): StandardAuthorizer | undefined {
  const className = settings.text('authorizer.class.name').trim();
  if (className === '') return undefined;
  if (className !== STANDARD) {
    throw invalid(
      `authorizer.class.name is ${className}, which Klamm cannot load: it runs no Java. Set it to ${STANDARD}, which judges by ACLs, or to nothing, which allows everything.`,
    );
  }
  return new StandardAuthorizer(acls, {
    superUsers: superUsersOf(settings.text('super.users')),
    allowIfNoAcl: settings.boolean('allow.everyone.if.no.acl.found'),
    audit: new AuditLog(logger, clock),
  });
}

function superUsersOf(text: string): ReadonlySet<string> {
  const users = text
    .split(';')
    .map((user) => user.trim())
    .filter((user) => user !== '');
  for (const user of users) {
    if (user.includes(':')) continue;
    throw invalid(
      `super.users names "${user}", which is no principal. Write type:name, with semicolons between: User:admin;User:CN=ops`,
    );
  }
  return new Set(users);
}

function invalid(message: string): KlammError {
  return new KlammError(message, { code: 'INVALID_CONFIG', errorCode: 40, retriable: false });
}
