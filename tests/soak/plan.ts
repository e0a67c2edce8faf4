// What the clients of the soak are told, the same in every language.

export const LEDGER = 'ledger';
/** The same records, compacted to the last of each account. */
export const LATEST = 'latest';
/** What the copiers made of the ledger: those of Klamm's client and librdkafka, who are one group, and those of Java. */
export const COPY = 'copy';
export const JAVA_COPY = 'copy-java';
export const GROUP = 'copiers';
export const JAVA_GROUP = 'copiers-java';
export const PARTITIONS = 4;
export const ACCOUNTS = 40;
/** Short, so that what a killed client leaves open is aborted while the storm still blows. */
export const TRANSACTION_TIMEOUT_MS = 6000;
export const SESSION_TIMEOUT_MS = 6000;

/** The value of a record: one side of a movement of money. */
export interface Entry {
  /** Which transaction it is of. */
  readonly txn: string;
  /** Its place among the `of` records of the transaction in the ledger. */
  readonly i: number;
  readonly of: number;
  readonly account: number;
  readonly amount: number;
}
