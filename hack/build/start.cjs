#!/usr/bin/env -S node --max-semi-space-size=4 --no-concurrent-recompilation --no-parallel-scavenge --no-turbofan --no-maglev-inlining
// Starts the program with what V8 has compiled of it, where that is there (fill-compile-cache.js). What
// another Node.js or other options have compiled is passed over, and so is what cannot be read.
// What the options are for is in docs/performance.md; the program works without them.
const { existsSync, readFileSync } = require('node:fs');
const { enableCompileCache } = require('node:module');
const { Script } = require('node:vm');

const name = 'program';
const filename = `${__dirname}/${name}.js`;
const directory = `${__dirname}/compile-cache`;
const text = readFileSync(filename);

/** V8 itself compares no more of a text than its length: the file begins with the text that it is of. */
function compiledCode() {
  try {
    const file = readFileSync(`${directory}/${name}`);
    return file.subarray(0, text.length).equals(text) ? file.subarray(text.length) : undefined;
  } catch {
    return undefined;
  }
}

// Of the packages Node.js keeps what is compiled when they are loaded; of the program this file has
// also the functions that were compiled when they were called.
if (existsSync(directory)) {
  enableCompileCache({ directory, portable: true });
}
const script = new Script(text.toString(), { filename, cachedData: compiledCode() });
exports.started = { name, script };
script.runInThisContext()(require, module, exports, __dirname);
