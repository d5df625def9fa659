import type { Logger } from '../base/log.ts';
import {
  explainPacket,
  explainService,
  findService,
  parsePacket,
  parseSender,
  QuestionError,
  type ExplainWorld,
} from '../inspect/explain/explain.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { explanationJson, packetText, serviceText } from './explain-report.ts';
import { readExplainWorld } from './explain-world.ts';
import { settingsOf } from './open-source.ts';
import type { ExplainOptions } from './options.ts';

/** Says in plain words what becomes of a Service or a packet on this node; touches nothing. */
export async function explain(options: ExplainOptions, log: Logger): Promise<ExitCode> {
  try {
    const answer = answerTo(options);
    const settings = await settingsOf(options, log);
    process.stdout.write(answer(await readExplainWorld(options, settings, log)));
    return exitCode.success;
  } catch (error) {
    if (error instanceof QuestionError) {
      log.fatal(error.message);
      return exitCode.usage;
    }
    throw error;
  }
}

/** How a question is answered once everything was read. Throws QuestionError. */
function answerTo(options: ExplainOptions): (world: ExplainWorld) => string {
  const { service, from, to, output } = options;
  if (to !== undefined) {
    if (service !== undefined) {
      throw new QuestionError('--to names where a packet goes: leave the Service out, or --to');
    }
    const packet = parsePacket(from ?? 'node', to);
    return (world) => {
      const explanation = explainPacket(packet, world);
      const node = world.translator.nodeFacts.nodeName;
      return output === 'json'
        ? explanationJson(explanation)
        : packetText(packet, explanation, node);
    };
  }
  if (service === undefined) {
    throw new QuestionError(
      'name a Service, as default/web, or a packet: --from 10.244.1.5 --to 10.96.0.10:53/udp',
    );
  }
  const senders = from === undefined ? undefined : [parseSender(from)];
  return (world) => {
    const question = findService(service, world);
    const explanation = explainService(question, world, senders);
    const node = world.translator.nodeFacts.nodeName;
    return output === 'json'
      ? explanationJson(explanation)
      : serviceText(question.key, explanation, node);
  };
}
