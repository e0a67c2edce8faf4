#!/usr/bin/env node
// The program `klamm`. Node keeps what it compiles for the next start (in the system's temporary folder): from source,
// that saves the stripping of types, which is a third of the memory and of the time of a start.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { main } = await import('@klamm/cli/main');
process.exitCode = await main(process.argv.slice(2));
