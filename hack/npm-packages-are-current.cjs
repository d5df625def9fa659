// Exits 0 if node_modules is what package-lock.json asks for. For any Node: the project's own may
// be what is missing.
'use strict';
const { readFileSync } = require('node:fs');

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
const wanted = packagesOf('package-lock.json');
const installed = packagesOf('node_modules/.package-lock.json');

const current = Object.entries(wanted).every(([path, { version, optional }]) => {
  if (path === '') return true;
  const found = installed[path];
  // Optional packages are those of other platforms, mostly.
  return found === undefined ? optional === true : found.version === version;
});
process.exitCode = current ? 0 : 1;
