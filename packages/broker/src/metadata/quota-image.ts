// The quotas of users, client ids and addresses as they stand (org.apache.kafka.image.ClientQuotasImage), and which of
// them holds for a client: the most particular one, a user's before a client id's (KIP-124, KIP-546).

/** Whom quotas are for: a name each, or null for the default of its kind; undefined where the kind is no part of it. */
export interface QuotaEntity {
  readonly user?: string | null;
  readonly clientId?: string | null;
  readonly ip?: string | null;
}

/** As the protocol and the records have it. */
export interface QuotaPart {
  readonly entityType: string;
  readonly entityName: string | null;
}

export const CLIENT_QUOTAS = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
] as const;
export type ClientQuota = (typeof CLIENT_QUOTAS)[number];
export const IP_QUOTA = 'connection_creation_rate';

/** Who shares a quota: all clients of a user, all users of a client id, or a client of a user. */
export type QuotaScope = 'user' | 'client' | 'both';

export interface QuotaInForce {
  readonly limit: number;
  readonly scope: QuotaScope;
}

interface Entry {
  readonly entity: QuotaEntity;
  readonly values: Map<string, number>;
}

const KINDS = { user: 'user', 'client-id': 'clientId', ip: 'ip' } as const;

/** The entity of its parts; undefined where a part is of no known kind. */
export function entityOf(parts: readonly QuotaPart[]): QuotaEntity | undefined {
  const entity: { user?: string | null; clientId?: string | null; ip?: string | null } = {};
  for (const { entityType, entityName } of parts) {
    if (!Object.hasOwn(KINDS, entityType)) return undefined;
    entity[KINDS[entityType as keyof typeof KINDS]] = entityName;
  }
  return entity;
}

export function partsOf({ user, clientId, ip }: QuotaEntity): QuotaPart[] {
  const parts: QuotaPart[] = [];
  if (user !== undefined) parts.push({ entityType: 'user', entityName: user });
  if (clientId !== undefined) parts.push({ entityType: 'client-id', entityName: clientId });
  if (ip !== undefined) parts.push({ entityType: 'ip', entityName: ip });
  return parts;
}

export class QuotaImage {
  readonly #entries = new Map<string, Entry>();
  /** Counts up with each change. */
  version = 0;

  /** Whether any client has a quota of this kind. */
  has(quota: string): boolean {
    for (const { values } of this.#entries.values()) if (values.has(quota)) return true;
    return false;
  }

  get entries(): Iterable<{ readonly entity: QuotaEntity; readonly values: ReadonlyMap<string, number> }> {
    return this.#entries.values();
  }

  valuesOf(entity: QuotaEntity): ReadonlyMap<string, number> {
    return this.#entries.get(keyOf(entity))?.values ?? NONE;
  }

  replay(record: {
    readonly entity: readonly QuotaPart[];
    readonly key: string;
    readonly value: number;
    readonly remove: boolean;
  }): void {
    const entity = entityOf(record.entity);
    // Of a newer version of Kafka.
    if (entity === undefined) return;
    this.version++;
    const key = keyOf(entity);
    const entry = this.#entries.get(key) ?? { entity, values: new Map() };
    if (record.remove) entry.values.delete(record.key);
    else entry.values.set(record.key, record.value);
    if (entry.values.size === 0) this.#entries.delete(key);
    else this.#entries.set(key, entry);
  }

  /** The quota of a client in force; undefined where it has none. */
  ofClient(quota: ClientQuota, user: string, clientId: string): QuotaInForce | undefined {
    const order: readonly (readonly [QuotaEntity, QuotaScope])[] = [
      [{ user, clientId }, 'both'],
      [{ user, clientId: null }, 'both'],
      [{ user }, 'user'],
      [{ user: null, clientId }, 'both'],
      [{ user: null, clientId: null }, 'both'],
      [{ user: null }, 'user'],
      [{ clientId }, 'client'],
      [{ clientId: null }, 'client'],
    ];
    for (const [entity, scope] of order) {
      const limit = this.#entries.get(keyOf(entity))?.values.get(quota);
      if (limit !== undefined) return { limit, scope };
    }
    return undefined;
  }

  /** Connections a second that an address may open; undefined for no limit. */
  ofAddress(ip: string): number | undefined {
    const own = this.#entries.get(keyOf({ ip }))?.values.get(IP_QUOTA);
    return own ?? this.#entries.get(keyOf({ ip: null }))?.values.get(IP_QUOTA);
  }
}

const NONE: ReadonlyMap<string, number> = new Map();

function keyOf({ user, clientId, ip }: QuotaEntity): string {
  return JSON.stringify([user, clientId, ip].map((name) => (name === undefined ? 0 : name)));
}
