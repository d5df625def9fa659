import type { Settings } from '../config/settings.ts';
import { explainService, findService, type ExplainWorld } from '../inspect/explain/explain.ts';
import type { Answer, Asked } from '../serve/http/http-endpoint.ts';
import { StatusPage } from '../serve/status/status-page.ts';
import { openInspector, type InspectedDaemon } from './inspector.ts';

/** What is served beside the metrics for people who look at this node. */
export interface Status {
  /** Undefined for a path that is not its own. */
  answer(path: string, asked: Asked): Promise<Answer | undefined>;
  close(): void;
}

/** Opens the status page of a running daemon; undefined where settings turn it off. */
export function openStatus(settings: Settings, daemon: InspectedDaemon): Status | undefined {
  const { statusPage: readers, nodeName } = settings;
  if (readers === 'off') {
    return undefined;
  }
  const { store, translator, kernel } = daemon;
  // The page says beside each virtual server how the kernel differs.
  const world: ExplainWorld = {
    store,
    translator,
    desired: kernel.desired,
    settings,
    packetFilter: kernel.packetFilter.kind,
    kernel: undefined,
  };
  const { inspector, close } = openInspector(daemon);
  const page = new StatusPage({
    inspector,
    readers,
    nodeName,
    explain: (service) =>
      daemon.store.service(service) === undefined
        ? undefined
        : explainService(findService(service, world), world),
  });
  return { answer: (path, asked) => page.answer(path, asked), close };
}
