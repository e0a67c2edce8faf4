// A log directory: the folder that holds everything a broker keeps, in Kafka's layout. It is formatted when empty,
// locked against a second broker, and says whether it was closed cleanly and whether it may still be written to.

import { KlammError, messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { randomUuid } from '@klamm/base/random';
import { readOffsets } from './checkpoint-files.ts';
import type { Disk } from './disk.ts';

const META_FILE = 'meta.properties';
const CLEAN_FILE = '.kafka_cleanshutdown';
const LOCK_FILE = '.lock';
export const RECOVERY_POINT_FILE = 'recovery-point-offset-checkpoint';
export const HIGH_WATERMARK_FILE = 'replication-offset-checkpoint';
export const LOG_START_FILE = 'log-start-offset-checkpoint';
export const CLEANER_FILE = 'cleaner-offset-checkpoint';

/** Says which process holds a directory, and whether one that did still runs. Injected: storage knows no processes. */
export interface ProcessTable {
  /** What to write into the lock file: names this process beyond the reuse of its number. */
  readonly self: string;
  isAlive(holder: string): boolean;
}

export interface DirectoryIdentity {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
}

// A lock file names a process; two brokers in one process are told apart here.
const heldHere = new Set<string>();

export class LogDirectory {
  readonly disk: Disk;
  readonly path: string;
  readonly identity: DirectoryIdentity;
  /** True where the directory was empty and has just been formatted. */
  readonly isNew: boolean;
  /** True where the last broker on it closed it in order. */
  readonly clean: boolean;
  readonly recoveryPoints: ReadonlyMap<string, number>;
  readonly logStartOffsets: ReadonlyMap<string, number>;
  readonly #logger: Logger;
  #offlineCause: Error | undefined;
  /** Called once when the directory goes offline. */
  onOffline: ((cause: Error) => void) | undefined;

  private constructor(disk: Disk, path: string, identity: DirectoryIdentity, isNew: boolean, logger: Logger) {
    this.disk = disk;
    this.path = path;
    this.identity = identity;
    this.isNew = isNew;
    this.#logger = logger;
    this.clean = isCleanlyClosed(disk, path);
    this.recoveryPoints = readOffsets(disk, `${path}/${RECOVERY_POINT_FILE}`);
    this.logStartOffsets = readOffsets(disk, `${path}/${LOG_START_FILE}`);
  }

  /** From here on it is written to: only a close in order makes it clean again. */
  use(): void {
    this.disk.remove(`${this.path}/${CLEAN_FILE}`);
  }

  /**
   * Opens `path`, formatting it where it is new. Throws KlammError where another broker holds it, where it belongs
   * to another cluster or node than asked for, or where it cannot be written.
   */
  static open(
    disk: Disk,
    path: string,
    processes: ProcessTable,
    logger: Logger,
    wanted: { readonly clusterId?: string | undefined; readonly nodeId: number },
  ): LogDirectory {
    try {
      disk.makeDirectory(path);
    } catch (error) {
      throw unusable(path, error);
    }
    lock(disk, path, processes);
    try {
      const metaPath = `${path}/${META_FILE}`;
      const isNew = !disk.exists(metaPath);
      const identity = isNew ? format(disk, path, wanted) : readMeta(disk, path, wanted);
      return new LogDirectory(disk, path, identity, isNew, logger);
    } catch (error) {
      unlock(disk, path);
      throw error instanceof KlammError ? error : unusable(path, error);
    }
  }

  get isOnline(): boolean {
    return this.#offlineCause === undefined;
  }

  get offlineCause(): Error | undefined {
    return this.#offlineCause;
  }

  /** Takes the directory out of service: a write or a sync failed, and what is on disk is in doubt. */
  takeOffline(cause: Error): void {
    if (this.#offlineCause !== undefined) return;
    this.#offlineCause = cause;
    this.#logger.error(
      `The log directory ${this.path} is offline: ${cause.message}. Nothing more is written to it, and requests for it ` +
        'are answered with KAFKA_STORAGE_ERROR. Repair the disk, then start the broker again; it checks the files.',
    );
    this.onOffline?.(cause);
  }

  /** Marks the directory as closed in order (unless it is offline) and lets go of it. */
  close(brokerEpoch: number): void {
    if (this.isOnline) {
      const content = JSON.stringify({ version: 0, brokerEpoch });
      this.disk.replaceFile(`${this.path}/${CLEAN_FILE}`, content);
    }
    unlock(this.disk, this.path);
  }

  /** Lets go of the directory without marking it clean. */
  abandon(): void {
    unlock(this.disk, this.path);
  }
}

/** Whether the last broker on a directory closed it in order. */
export const isCleanlyClosed = (disk: Disk, path: string): boolean => disk.exists(`${path}/${CLEAN_FILE}`);

/** Whose a directory is. Throws KlammError NOT_A_DATA_DIRECTORY, or INCONSISTENT_CLUSTER_ID where it does not say. */
export function identityOf(disk: Disk, path: string): DirectoryIdentity {
  if (disk.exists(`${path}/${META_FILE}`)) return readMeta(disk, path);
  throw new KlammError(`${path} is no data directory: there is no ${META_FILE} in it.`, {
    code: 'NOT_A_DATA_DIRECTORY',
    retriable: false,
  });
}

/** Who has a directory. Changes nothing. */
export function holderOf(
  disk: Disk,
  path: string,
  processes: ProcessTable,
): {
  /** Number of the process of Klamm that uses it; undefined where none does. */
  readonly holder: string | undefined;
  /** True where Apache Kafka uses it, or did and was killed: the two cannot be told apart by its files. */
  readonly isLeftOpen: boolean;
} {
  const lockPath = `${path}/${LOCK_FILE}`;
  const isThere = disk.exists(lockPath);
  const holder = isThere ? disk.readFile(lockPath).toString().trim() : '';
  const isHeld = holder === processes.self ? heldHere.has(path) : holder !== '' && processes.isAlive(holder);
  // Apache Kafka's own lock file is empty, and stays when it has closed the directory.
  const isLeftOpen = isThere && holder === '' && !disk.exists(`${path}/${CLEAN_FILE}`);
  return { holder: isHeld ? holder.split(' ')[0] : undefined, isLeftOpen };
}

function lock(disk: Disk, path: string, processes: ProcessTable): void {
  const { holder, isLeftOpen } = holderOf(disk, path, processes);
  if (holder !== undefined) {
    throw new KlammError(
      `The data directory ${path} is in use by another broker (process ${holder}). ` +
        'Stop that one, or give this one a directory of its own with --data DIR.',
      { code: 'DATA_DIRECTORY_LOCKED', retriable: true },
    );
  }
  if (isLeftOpen) {
    throw new KlammError(
      `Apache Kafka did not close the data directory ${path}: it still runs there, or was killed. Stop it in order (where ` +
        `it was killed, start it once more before that). If it is gone for good, remove ${path}/${LOCK_FILE}: then Klamm ` +
        'checks the logs, and keeps what is whole.',
      { code: 'DATA_DIRECTORY_LOCKED', retriable: true },
    );
  }
  try {
    disk.replaceFile(`${path}/${LOCK_FILE}`, `${processes.self}\n`);
  } catch (error) {
    throw unusable(path, error);
  }
  heldHere.add(path);
}

function unlock(disk: Disk, path: string): void {
  heldHere.delete(path);
  try {
    disk.remove(`${path}/${LOCK_FILE}`);
  } catch {
    // A lock file that stays behind names a process that is gone, and is taken over.
  }
}

function format(
  disk: Disk,
  path: string,
  wanted: { readonly clusterId?: string | undefined; readonly nodeId: number },
): DirectoryIdentity {
  const strangers = disk.list(path).filter((name) => !name.startsWith('.') && name !== 'lost+found');
  if (strangers.length > 0) {
    throw new KlammError(
      `The data directory ${path} holds ${strangers.slice(0, 3).join(', ')}${strangers.length > 3 ? ' …' : ''} but no ` +
        `${META_FILE}, so it is not one of Kafka's. Give the broker an empty directory with --data DIR.`,
      { code: 'NOT_A_DATA_DIRECTORY', retriable: false },
    );
  }
  const identity = {
    clusterId: wanted.clusterId ?? randomUuid(),
    nodeId: wanted.nodeId,
    directoryId: randomUuid(),
  };
  const content =
    `#\n#Written by Klamm, in the format of Apache Kafka\nnode.id=${identity.nodeId}\n` +
    `directory.id=${identity.directoryId}\nversion=1\ncluster.id=${identity.clusterId}\n`;
  disk.replaceFile(`${path}/${META_FILE}`, content);
  return identity;
}

function readMeta(
  disk: Disk,
  path: string,
  wanted: { readonly clusterId?: string | undefined; readonly nodeId?: number } = {},
): DirectoryIdentity {
  const text = disk.readFile(`${path}/${META_FILE}`).toString();
  const value = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim();
  const fail = (what: string): never => {
    throw new KlammError(`${path}/${META_FILE} ${what}`, {
      code: 'INCONSISTENT_CLUSTER_ID',
      errorCode: 104,
      retriable: false,
    });
  };
  const version = value('version');
  if (version !== '1')
    fail(`has version ${version ?? 'none'}; Klamm reads version 1, which Kafka writes since 3.7.`);
  const clusterId = value('cluster.id') ?? fail('names no cluster.id.');
  const nodeId = Number(value('node.id') ?? fail('names no node.id.'));
  if (wanted.clusterId !== undefined && wanted.clusterId !== clusterId) {
    fail(
      `belongs to cluster ${clusterId}, but the settings name cluster ${wanted.clusterId}. Use the right directory.`,
    );
  }
  if (wanted.nodeId !== undefined && wanted.nodeId !== nodeId) {
    fail(
      `belongs to node ${nodeId}, but node.id is ${wanted.nodeId}. Set node.id=${nodeId}, or use another directory.`,
    );
  }
  return { clusterId, nodeId, directoryId: value('directory.id') ?? fail('names no directory.id.') };
}

function unusable(path: string, error: unknown): KlammError {
  return new KlammError(
    `The data directory ${path} cannot be used: ${messageOf(error)}. Give one that can be written to with --data DIR.`,
    { code: 'KAFKA_STORAGE_ERROR', errorCode: 56, retriable: false, cause: error },
  );
}
