// Asks the controller, which any broker passes a request on to; again while the quorum has none (NOT_CONTROLLER) and until
// retryTimeoutMs is over. Kafka: KafkaAdminClient's ControllerNodeProvider, ForwardingManager.

import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { Cluster } from '../cluster.ts';
import type { RequestOptions } from '../network/connection.ts';

/** How long the controller may take, in ms, where the caller does not say. */
export const CONTROLLER_TIMEOUT_MS = 30_000;

interface Outcome {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

/**
 * @param what what is not the case when the whole request is refused: `The leaders were not elected`
 * @param options.once true where a request whose answer is lost must not be sent again
 */
export async function askController<Q extends Fields, R extends Fields>(
  cluster: Cluster,
  api: Api<Q, R>,
  body: Encodable<Q>,
  what: string,
  options: RequestOptions & { readonly once?: boolean } = {},
): Promise<Decoded<R>> {
  const { once = false, ...request } = options;
  let lost: unknown;
  const answered = await cluster.retry(async () => {
    const asked = cluster.request(api, body, { ...request, once, retry: once });
    // What is asked once is not asked again because its answer was lost; what was refused changed nothing.
    const answer = once
      ? await asked.catch((cause: unknown) => {
          lost = cause;
        })
      : await asked;
    if (answer === undefined) return undefined;
    const { errorCode, errorMessage } = answer as Outcome;
    if (errorCode === ErrorCode.NOT_CONTROLLER) cluster.passOver();
    if (errorCode !== 0) throw kafkaError(errorCode, `${what}: ${errorMessage || errorMeaning(errorCode)}`);
    return answer;
  });
  if (answered === undefined) throw lost;
  return answered;
}
