import { tmpdir } from 'node:os';
import { join } from 'node:path';

const {
  KUBE_IPVS_IN_TEST_KERNEL: testKernel,
  KUBE_IPVS_TEST_PROGRAM: bundle,
  NODE_COMPILE_CACHE: compileCache,
} = process.env;

/** What Node runs as the program: the bundle that hack/test has made of it, or else its sources. */
export const programFile = bundle ?? join(import.meta.dirname, '../../src/main.ts');

/**
 * Halves the time to start where starting is slow. What the test kernel writes is thrown away; a
 * cache that was filled before the boot is there in it.
 */
export const programEnvironment: NodeJS.ProcessEnv =
  testKernel === undefined
    ? process.env
    : {
        ...process.env,
        NODE_COMPILE_CACHE: compileCache ?? join(tmpdir(), 'kube-ipvs-compile-cache'),
      };
