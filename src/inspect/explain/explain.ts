/**
 * What explains the way of a packet and the fate of a Service, on the command line and on the status
 * page. `explainPacket(parsePacket('10.244.1.5', '10.96.0.10:53/udp'), world)` and
 * `explainService(findService('default/web', world), world)` return plain data that JSON can hold; what
 * reads questions throws QuestionError. All of it is pure: the world is asked and not changed.
 */
export { explainPacket } from './explain-packet.ts';
export { explainService } from './explain-service.ts';
export type {
  Explanation,
  FrontEndExplanation,
  Outcome,
  SeenSource,
  ServiceExplanation,
  Step,
  Verdict,
} from './explanation.ts';
export { formatDestination, formatSender, type Packet, type Sender } from './packet.ts';
export { parsePacket, parseSender } from './parse-packet.ts';
export { QuestionError } from './question-error.ts';
export { findService } from './service-question.ts';
export type { ExplainSettings, ExplainWorld, KernelLook } from './world.ts';
