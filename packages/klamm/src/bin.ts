#!/usr/bin/env node
import { main } from '@klamm/cli/main';

process.exitCode = await main(process.argv.slice(2));
