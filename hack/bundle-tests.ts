import { bundleTests } from '../test/support/test-bundle.ts';

/** Bundles test files into the folder given. */
const [folder = '', ...files] = process.argv.slice(2);
if (files.length === 0) {
  throw new Error('usage: node hack/bundle-tests.ts FOLDER TEST_FILE...');
}
await bundleTests(folder, files);
