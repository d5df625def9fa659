#!/usr/bin/env node
// Starts the program with V8's compile cache, where there is one (fill-compile-cache.js). A cache of
// another Node.js is passed over, and so is one that cannot be read or written.
const { existsSync } = require('node:fs');
const { enableCompileCache } = require('node:module');

const directory = `${__dirname}/compile-cache`;
if (existsSync(directory)) {
  enableCompileCache({ directory, portable: true });
}
require('./program.js');
