import { weightName } from '../../cluster/weight.ts';
import { annotations } from '../../translate/annotations/registry.ts';
import type { WeightRule } from '../../translate/weight-rule.ts';
import type {
  Decision,
  EndpointDecision,
  EndpointFate,
  PortRangeDecision,
} from '../../translate/decisions.ts';
import {
  describeDecision,
  describeFateOfEndpoint,
  formatDecidedEndpoint,
} from '../../translate/describe-decision.ts';
import type { FrontEnd, Traffic, VipKind } from '../../translate/front-end.ts';
import type { Step } from './explanation.ts';

/** A decision about a Service as a step, with the object and the field that it came from. */
export function stepOf(decision: Decision, service: string): Step {
  const object = `Service ${service}`;
  switch (decision.about) {
    case 'Service':
      return { text: `Service ${service}: ${describeDecision(decision)}`, object, field: 'spec' };
    case 'address':
      return { text: describeDecision(decision), object, field: fieldOfKind(decision.kind) };
    case 'front end': {
      const { kind } = decision.frontEnd;
      return { text: describeDecision(decision), object, field: fieldOfKind(kind) };
    }
    case 'endpoint':
      return endpointStep(decision, service);
    case 'port range':
      return { text: describeDecision(decision), object, field: fieldOfRange(decision) };
  }
}

function fieldOfRange({ fate }: PortRangeDecision): string {
  return fate.kind === 'ordinary ports' && fate.service === undefined
    ? 'spec.ports'
    : `metadata.annotations[${annotations.portRanges.name}]`;
}

/** Where a Service says that it wants to be reached so. */
export function fieldOfKind(kind: VipKind | FrontEnd['kind']): string {
  switch (kind) {
    case 'cluster IP':
      return 'spec.clusterIPs';
    case 'external IP':
      return 'spec.externalIPs';
    case 'load-balancer IP':
      return 'status.loadBalancer.ingress';
    case 'node port':
      return 'spec.ports[].nodePort';
  }
}

/** Where a Service says whose endpoints may be used. */
export function policyField(traffic: Traffic): string {
  return `spec.${traffic}TrafficPolicy`;
}

function endpointStep(decision: EndpointDecision, service: string): Step {
  const [namespace = ''] = service.split('/');
  const text = `${formatDecidedEndpoint(decision)} of EndpointSlice ${decision.slice}: ${describeFateOfEndpoint(decision)}`;
  const ofSlice = sliceFieldOf(decision.fate);
  return ofSlice === undefined
    ? { text, object: `Service ${service}`, field: serviceFieldOf(decision) }
    : { text, object: `EndpointSlice ${namespace}/${decision.slice}`, field: ofSlice };
}

/** The field of the slice that decided; undefined where the Service did. */
function sliceFieldOf(fate: EndpointFate): string | undefined {
  switch (fate.kind) {
    case 'used':
      return fate.onlyForThisNode ? undefined : 'endpoints[].conditions';
    case 'not ready':
    case 'terminating while others are ready':
      return 'endpoints[].conditions';
    case 'hinted elsewhere':
      return 'endpoints[].hints';
    case 'repeated':
    case 'refused':
      return 'endpoints[].addresses';
    case 'no such port':
      return 'ports';
    case 'weight 0':
      return sliceFieldOfWeight(fate.by);
    case 'on another node':
    case 'another family':
      return undefined;
  }
}

function sliceFieldOfWeight({ kind }: WeightRule): string | undefined {
  return kind === 'EndpointSlice' ? `metadata.annotations[${weightName}]` : undefined;
}

function serviceFieldOf({ fate, traffic }: EndpointDecision): string {
  switch (fate.kind) {
    case 'another family':
      return 'spec.clusterIPs';
    case 'weight 0': {
      const { nodeWeights, localityWeights } = annotations;
      const { name } = fate.by.kind === 'Node' ? nodeWeights : localityWeights;
      return `metadata.annotations[${name}]`;
    }
    default:
      return policyField(traffic);
  }
}
