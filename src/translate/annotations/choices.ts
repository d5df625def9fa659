import { serviceProblem, type ServiceProblem } from '../service-problem.ts';
import { choose, type AnnotationReader, type ChoiceContext } from './annotation.ts';
import { annotations, type AnnotationReason, type Choices } from './registry.ts';
import { unknownAnnotations } from './unknown-annotations.ts';

/** What a Service has by its annotations, and what of them could not be granted. */
export interface ServiceChoices {
  readonly choices: Choices;
  readonly problems: readonly ServiceProblem[];
}

/**
 * What a Service has by each annotation, or by default. A value that cannot be used, and an
 * annotation of ours that does not exist, is a problem of the Service and costs it no more than
 * that choice. Pure.
 */
export function choicesOf(context: ChoiceContext): ServiceChoices {
  const { service } = context;
  const problems: ServiceProblem[] = [];
  const chosenBy = <Value, Reason extends AnnotationReason>(
    annotation: AnnotationReader<Value, Reason>,
  ): Value => {
    const { value, problem } = choose(annotation, context);
    if (problem !== undefined) {
      const { reason, name, value: given, allowed } = problem;
      const field = `metadata.annotations[${name}]`;
      problems.push(serviceProblem(service, reason, { field, value: given, allowed }));
    }
    return value;
  };
  const choices = {
    scheduler: chosenBy(annotations.scheduler),
    schedulerFlags: chosenBy(annotations.schedulerFlags),
    drainTimeoutMs: chosenBy(annotations.drainTimeoutMs),
    localityWeights: chosenBy(annotations.localityWeights),
    nodeWeights: chosenBy(annotations.nodeWeights),
    connectionLimits: chosenBy(annotations.connectionLimits),
    onePacket: chosenBy(annotations.onePacket),
    slowStartMs: chosenBy(annotations.slowStartMs),
    ejectedProtocols: chosenBy(annotations.ejectedProtocols),
    resetAfterMs: chosenBy(annotations.resetAfterMs),
    portRanges: chosenBy(annotations.portRanges),
    portRangesOn: chosenBy(annotations.portRangesOn),
    affinityAcrossPorts: chosenBy(annotations.affinityAcrossPorts),
  };
  return { choices, problems: [...problems, ...unknownAnnotations(service)] };
}
