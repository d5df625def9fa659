import type { Settings } from '../config/settings.ts';
import type { Answer, Asked } from '../serve/http/http-endpoint.ts';
import { StatusPage } from '../serve/status/status-page.ts';
import { describeDecision } from '../translate/describe-decision.ts';
import { openInspector, type InspectedDaemon } from './inspector.ts';

/** What is served beside the metrics for people who look at this node. */
export interface Status {
  /** Undefined for a path that is not its own. */
  answer(path: string, asked: Asked): Promise<Answer | undefined>;
  close(): void;
}

/** Opens the status page of a running daemon; undefined where settings turn it off. */
export function openStatus(
  { statusPage: readers, nodeName }: Pick<Settings, 'statusPage' | 'nodeName'>,
  daemon: InspectedDaemon,
): Status | undefined {
  if (readers === 'off') {
    return undefined;
  }
  const { inspector, close } = openInspector(daemon);
  const page = new StatusPage({
    inspector,
    readers,
    nodeName,
    explain: (service) => {
      const steps = daemon.translator.decisionsOf(service);
      return steps && { steps: steps.map((step) => ({ text: describeDecision(step) })) };
    },
  });
  return { answer: (path, asked) => page.answer(path, asked), close };
}
