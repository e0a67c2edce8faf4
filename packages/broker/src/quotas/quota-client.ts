// Who asks, as quotas know it: the user of the connection, and the client id of the request.

import type { ClientConnection } from '../listeners/connection.ts';
import type { QuotaClient } from './quotas.ts';

export function quotaClientOf(context: {
  readonly connection: Pick<ClientConnection, 'principal'>;
  readonly clientId: string | null;
}): QuotaClient {
  return { user: context.connection.principal.name, clientId: context.clientId ?? '' };
}
