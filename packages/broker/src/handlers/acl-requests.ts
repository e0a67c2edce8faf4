// What the handlers of ACLs have in common.

import { ErrorCode } from '@klamm/protocol/error-codes';

/** The answer of a broker that judges nobody. */
export const NO_AUTHORIZER = {
  errorCode: ErrorCode.SECURITY_DISABLED,
  errorMessage: 'The broker runs without an authorizer; set authorizer.class.name to have ACLs.',
};

export const DONE = { errorCode: ErrorCode.NONE, errorMessage: null };
