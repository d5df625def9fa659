import { asError } from '../base/as-error.ts';
import type { Controller } from './controller.ts';
import type { DaemonParts } from './daemon-parts.ts';

/** Without them Services get other packet marks after a restart, and their clients another endpoint. */
export async function rememberPortRanges(
  { kernel, listener }: Pick<DaemonParts, 'kernel' | 'listener'>,
  controller: Controller,
): Promise<void> {
  try {
    controller.translator.rememberPortRanges(await kernel.portRanges());
  } catch (error) {
    listener.info(`port ranges get new packet marks: ${asError(error).message}`);
  }
}
