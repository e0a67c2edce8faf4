// What a test knows of the broker it talks to, be it Klamm or Apache Kafka.

export interface BrokerOptions {
  /** An existing data directory to open; without it a new one is made, and removed at the end. */
  readonly dataDirectory?: string;
  /** The port to listen on; a free one without it. */
  readonly port?: number;
  /** Further listeners, as Kafka writes them: `SASL_PLAINTEXT://127.0.0.1:9094`. */
  readonly listeners?: string;
  /** Broker settings by Kafka's names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Feature levels to format a new data directory with (KIP-584); the newest without it. Apache Kafka only. */
  readonly features?: Readonly<Record<string, number>>;
}

export interface Broker extends AsyncDisposable {
  readonly name: string;
  /** host:port */
  readonly bootstrap: string;
  /** Its process; undefined where the broker runs elsewhere. */
  readonly pid?: number | undefined;
  /** The folder with its logs; undefined where the broker runs elsewhere. */
  readonly dataDirectory: string | undefined;
  /** Stops it cleanly; its data directory stays until it is disposed. */
  stop(): Promise<void>;
}
