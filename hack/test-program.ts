import { bundleProgram } from '../test/support/program-bundle.ts';

/** Bundles the program into the folder given, for the tests; prints what they need to know. */
const [folder = ''] = process.argv.slice(2);
if (folder === '') {
  throw new Error('usage: node hack/test-program.ts FOLDER');
}
console.log(`KUBE_IPVS_TEST_PROGRAM=${(await bundleProgram(folder)).file}`);
