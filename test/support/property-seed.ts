import fc from 'fast-check';

/**
 * Properties are tried with the same cases in each run, so that what fails is what was changed, and not who
 * was unlucky. `KUBE_IPVS_TEST_SEED=12345` tries others; one that fails names its seed.
 */
const variable = 'KUBE_IPVS_TEST_SEED';
const text = process.env[variable] ?? '1';
const seed = Number(text);
if (!Number.isSafeInteger(seed)) {
  throw new Error(`${variable}='${text}' is not a whole number`);
}
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
