// `klamm log check|hand-over`: what a data directory holds and who can start on it, and the last step with Klamm: a
// directory closed in order, and the settings for Apache Kafka beside it. Docs: growing.md.

import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { KlammError } from '@klamm/base/errors';
import { lineLogger } from '@klamm/base/logger';
import { type KafkaProperties, kafkaProperties, propertiesText } from '@klamm/broker/config/kafka-properties';
import { BrokerSettings } from '@klamm/broker/config/settings';
import { recoverDirectory } from '@klamm/broker/directory-recovery';
import { type DirectorySurvey, surveyDirectory } from '@klamm/broker/metadata/directory-survey';
import { thisMachine } from '@klamm/broker/process-table';
import { nodeDisk } from '@klamm/broker/storage/disk';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { settingEntries } from '../given-settings.ts';
import type { Row } from '../output/rows.ts';
import { usageError } from '../usage-error.ts';

const COLUMNS = [
  { key: 'what', title: 'WHAT' },
  { key: 'value', title: 'VALUE' },
] as const;
const NAMED_MAX = 5;
/** Readable for its owner alone: there may be passwords in it. */
const FILE_MODE = 0o600;

export const checkLog: CommandRun = async (context, [dir]) => {
  const path = resolve(String(dir));
  const survey = surveyDirectory(nodeDisk(), path, thisMachine);
  await context.rows(COLUMNS, surveyRows(path, survey), '');
  for (const problem of survey.problems) context.fail(`Klamm cannot serve it: ${problem}.`);
  if (survey.missing.length > 0)
    context.fail(`The metadata tells of partitions that are not in the directory: ${named(survey.missing)}.`);
  const held = heldText(path, survey);
  if (held !== undefined) return context.say(held);
  if (!survey.isClean) context.say('It was not closed in order: whoever starts on it checks the logs first.');
  if (!context.hasFailed) context.say('In order: Klamm can start on it, and so can Apache Kafka 4.3.');
};

function surveyRows(path: string, survey: DirectorySurvey): Row[] {
  const { identity, image, kraftVersion } = survey;
  const { topics } = image;
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  const features = [...image.features].map(([name, level]) => `${name}=${level}`);
  const values: readonly (readonly [string, string | number])[] = [
    ['directory', path],
    ['cluster id', identity.clusterId],
    ['node id', identity.nodeId],
    ['directory id', identity.directoryId],
    ['state', stateOf(survey)],
    ['features', [...features, `kraft.version=${kraftVersion}`].join(', ')],
    ['topics', topics.length],
    ['partitions', partitions],
    ['SCRAM users', [...image.scram.names].length],
    ['ACLs', image.acls.size],
  ];
  return values.map(([what, value]) => ({ what, value }));
}

function stateOf({ holder, isLeftOpen, isClean }: DirectorySurvey): string {
  if (holder !== undefined) return `in use (process ${holder})`;
  if (isLeftOpen) return 'left open by Apache Kafka';
  return isClean ? 'closed in order' : 'not closed in order';
}

function heldText(path: string, { holder, isLeftOpen }: DirectorySurvey): string | undefined {
  if (holder !== undefined) return `Klamm runs on it, as process ${holder}.`;
  if (!isLeftOpen) return undefined;
  return (
    `Apache Kafka runs on it, or was killed. Stop it in order (where it was killed, start it once more before that); if it ` +
    `is gone for good, remove ${join(path, '.lock')}, and Klamm checks the logs when it starts.`
  );
}

export const handOver: CommandRun = async (context, [dir], flags) => {
  const path = resolve(String(dir));
  const disk = nodeDisk();
  const before = surveyDirectory(disk, path, thisMachine);
  refuseUnfit(path, before);
  const settings = settingsFor(flags, before);
  const file = targetFile(path, flags);
  const { identity, kraftVersion } = before;
  const kafka = kafkaProperties(
    settings,
    { path, nodeId: identity.nodeId, kraftVersion },
    {
      user: `node-${identity.nodeId}-${randomBytes(4).toString('hex')}`,
      password: randomBytes(24).toString('base64url'),
    },
  );
  const { dryRun } = context.globals;
  if (!before.isClean && !dryRun) {
    context.say(`${path} was not closed in order: its logs are checked, and it is closed.`);
    const logger = lineLogger('warn', (line) => process.stderr.write(`${line}\n`));
    await recoverDirectory(disk, path, settings, context.clock, logger);
  }
  const after = dryRun ? before : surveyDirectory(disk, path, thisMachine);
  refuseUnfit(path, after);
  const text = propertiesText(kafka, [
    `Settings with which Apache Kafka 4.3 goes on with ${path}, which Klamm kept.`,
    'Written by klamm log hand-over.',
  ]);
  if (file === undefined) await context.write(text);
  else if (!dryRun) writeFileSync(file, text, { mode: FILE_MODE });
  tell(context, path, file, kafka, after);
};

function refuseUnfit(path: string, survey: DirectorySurvey): void {
  const held = heldText(path, survey);
  if (held !== undefined)
    throw new KlammError(`${path} cannot be handed over. ${held}`, {
      code: 'DATA_DIRECTORY_LOCKED',
      retriable: true,
    });
  const reasons = [
    ...survey.problems,
    ...(survey.missing.length > 0
      ? [`partitions of which its metadata tells are not there: ${named(survey.missing)}`]
      : []),
  ];
  if (reasons.length === 0) return;
  throw new KlammError(`${path} cannot be handed over: ${reasons.join('; ')}.`, {
    code: 'DIRECTORY_OF_A_CLUSTER',
    retriable: false,
  });
}

/** The settings given, for the node that the directory is of. */
function settingsFor(flags: Flags, { identity }: DirectorySurvey): BrokerSettings {
  const entries = settingEntries(flags);
  const given = entries.find(({ name }) => name === 'node.id' || name === 'broker.id');
  if (given !== undefined && Number(given.value) !== identity.nodeId) {
    throw usageError(
      `The settings are of node ${given.value} (${given.source}), and the directory is of node ${identity.nodeId}.`,
    );
  }
  const nodeId = { name: 'node.id', value: `${identity.nodeId}`, source: 'meta.properties' };
  try {
    return BrokerSettings.from([...entries, nodeId]);
  } catch (error) {
    throw error instanceof KlammError ? usageError(error.message) : error;
  }
}

/** Where the settings go; undefined for stdout. */
function targetFile(path: string, flags: Flags): string | undefined {
  const given = flags.text('write');
  if (given === '-') return undefined;
  const file =
    given === undefined ? join(dirname(path), `${basename(path)}.server.properties`) : resolve(given);
  if (existsSync(file) && !flags.on('force'))
    throw usageError(
      `${file} is there already. Write over it with --force, or name another with --write FILE.`,
    );
  return file;
}

function tell(
  context: CommandContext,
  path: string,
  file: string | undefined,
  kafka: KafkaProperties,
  { image, kraftVersion }: DirectorySurvey,
): void {
  const { dryRun } = context.globals;
  const { topics } = image;
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  const green = (text: string): string => `    ${context.style('green', text)}`;
  context.say(
    `${path} ${dryRun ? 'could be' : 'is'} handed over: ${topics.length} topics with ${partitions} partitions. Klamm can still start on it too.`,
  );
  for (const remark of kafka.remarks) context.say(`  ${remark}`);
  if (dryRun) return;
  const name = file ?? 'FILE';
  if (file !== undefined)
    context.say(
      `\nApache Kafka's settings: ${file}${kafka.hasSecrets ? ' (with passwords; readable for you alone)' : ''}`,
    );
  context.say('\nNext, with Apache Kafka 4.3 (Java 17):');
  context.say(green(`bin/kafka-server-start.sh ${name}`));
  context.say(green(`klamm topic list -b ${kafka.bootstrap}`));
  if (kraftVersion === 0) {
    context.say('Then, before other controllers can join it (docs/growing.md):');
    context.say(green(`klamm cluster upgrade kraft.version=1 -b ${kafka.bootstrap}`));
  }
}

function named(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${names.slice(0, NAMED_MAX).join(', ')}${more}`;
}
