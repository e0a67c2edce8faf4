// The two clusters a mirror stands between, each with the ways to it that a mirror needs.

import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import type { KafkaOptions } from '@klamm/client/options';
import { RawClient } from '@klamm/client/raw/raw-client';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';

export interface End {
  readonly raw: RawClient;
  readonly kafka: Kafka;
  readonly admin: Admin;
}

export class Ends implements AsyncDisposable {
  readonly source: End;
  readonly target: End;

  constructor(source: KafkaOptions, target: KafkaOptions) {
    this.source = endOf(source);
    this.target = endOf(target);
  }

  /** The source's cluster id. Throws KlammError INVALID_REQUEST where both are one cluster. */
  async check(): Promise<string> {
    const [source, target] = await Promise.all([
      this.source.admin.describeCluster(),
      this.target.admin.describeCluster(),
    ]);
    if (source.clusterId !== null && source.clusterId === target.clusterId) {
      throw kafkaError(
        ErrorCode.INVALID_REQUEST,
        `Source and target are one cluster (${source.clusterId}); a mirror needs two.`,
      );
    }
    return source.clusterId ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.source.raw.close(), this.target.raw.close()]);
  }
}

function endOf(options: KafkaOptions): End {
  const raw = new RawClient(options);
  return { raw, kafka: new Kafka(options), admin: raw.admin };
}
