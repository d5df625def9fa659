#!/usr/bin/env -S node --max-semi-space-size=4 --no-concurrent-recompilation --no-parallel-scavenge --no-turbofan
// Starts the program with V8's compile cache, where there is one (fill-compile-cache.js). A cache of
// another Node.js or of other options is passed over, and so is one that cannot be read or written.
// What the options are for is in docs/performance.md; the program works without them.
const { existsSync } = require('node:fs');
const { enableCompileCache } = require('node:module');

const directory = `${__dirname}/compile-cache`;
if (existsSync(directory)) {
  enableCompileCache({ directory, portable: true });
}
require('./program.js');
