import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { ConfigRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { BrokerSettings } from '../config/settings.ts';
import { thisMachine } from '../process-table.ts';
import { LogDirectory } from '../storage/directory.ts';
import { memoryDisk } from '../storage/disk-memory.ts';
import { Catalog } from './catalog.ts';
import { ResourceType } from './image.ts';

const NAME = 'max.connections';

async function openCatalog() {
  const directory = LogDirectory.open(memoryDisk(), '/data', thisMachine, silentLogger, { nodeId: 1 });
  const settings = BrokerSettings.from([{ name: NAME, value: '100', source: 'f:1' }]);
  const catalog = await Catalog.open(directory, settings, systemClock, silentLogger);
  const alter = async (resourceName: string, value: string | null): Promise<void> => {
    const resourceType = ResourceType.broker;
    const record = encodeMetadata(ConfigRecord, { resourceType, resourceName, name: NAME, value });
    await catalog.change(() => ({ records: [record], result: undefined }));
  };
  return { catalog, settings, alter };
}

test('settings that are altered while the broker runs are in force at once, its own before those of all', async () => {
  const { catalog, settings, alter } = await openCatalog();
  const told: [string[], number][] = [];
  catalog.watchBrokerConfigs((names) => told.push([[...names], settings.number(NAME)]));
  await alter('', '50');
  await alter('1', '20');
  await alter('2', '10');
  await alter('1', null);
  await alter('', null);
  assert.deepEqual(told, [
    [[NAME], 50],
    [[NAME], 20],
    [[NAME], 50],
    [[NAME], 100],
  ]);
  await catalog.close();
});

test('rooms judge settings as they would be', async () => {
  const { catalog, alter } = await openCatalog();
  await alter('1', '20');
  catalog.checkBrokerConfigs(async (proposed, names) =>
    names.has(NAME) && proposed.number(NAME) < 10 ? `too few: ${proposed.number(NAME)}` : null,
  );
  const judge = (resource: string, value: string) =>
    catalog.brokerConfigProblem(resource, new Map([[NAME, value]]), new Set([NAME]));
  assert.equal(await judge('1', '5'), 'too few: 5');
  assert.equal(await judge('1', '50'), null);
  // This broker's own value stays before that of all.
  assert.equal(await judge('', '5'), null);
  await catalog.close();
});
