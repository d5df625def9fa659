import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { replacedModules } from '../../../hack/build/replaced-modules.ts';
import { repository } from '../../support/deployed.ts';

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: repository },
    bundle: true,
    platform: 'node',
    write: false,
    logLevel: 'silent',
    plugins: [replacedModules()],
  });
  return outputFiles.map(({ text }) => text).join('');
}

describe('modules that the program has no use for', () => {
  it('are not in a bundle of the packages that import them', async () => {
    const text = await bundle("import 'convict'; import 'pino';");
    // Names of options of yargs-parser and of thread-stream.
    assert.doesNotMatch(text, /camel-case-expansion|trackUnmanagedFds|worker_threads"\)/);
    assert.match(text, /addFormat/);
    assert.match(text, /isMainThread/);
  });

  it('fail the build when a package has ceased to import one', async () => {
    await assert.rejects(bundle("import 'pino';"), /nothing imports .*yargs-parser/);
  });
});
