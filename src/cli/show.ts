import { asError } from '../base/as-error.ts';
import type { Logger } from '../base/log.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { observeKernel } from './observe-kernel.ts';
import { settingsOf } from './open-source.ts';
import type { ShowOptions } from './options.ts';
import { readDesired } from './plan.ts';
import { showJson, showText, type ServiceNames } from './show-report.ts';

/** Shows the kernel's table with the Services that its virtual servers belong to. */
export async function show(options: ShowOptions, log: Logger): Promise<ExitCode> {
  const observed = await observeKernel();
  const services = await serviceNames(options, log);
  process.stdout.write(
    options.output === 'json' ? showJson(observed, services) : showText(observed, services),
  );
  return exitCode.success;
}

/** The table is worth showing without names too, when the cluster is out of reach. */
async function serviceNames(options: ShowOptions, log: Logger): Promise<ServiceNames> {
  try {
    const settings = await settingsOf(options, log);
    return await readDesired(options, settings, log);
  } catch (error) {
    const reason = asError(error).message;
    log.warn(`the cluster could not be read, so the names of the Services are left out: ${reason}`);
    return { serviceOf: () => undefined, serviceAt: () => undefined };
  }
}
