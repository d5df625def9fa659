import {
  flagsOf,
  noFlags,
  type SchedulerFlag,
  type SchedulerFlags,
} from '../../kernel/ipvs/schedulers.ts';
import { choose, type Annotation, type Given } from './annotation.ts';
import { scheduler } from './scheduler.ts';

const kubeRouterName = 'kube-router.io/service.schedflags';

/** kube-router counts the flags through; its flag-3 means nothing to any scheduler. */
const kubeRouterNumbers: Readonly<Record<string, number>> = { 'flag-1': 0, 'flag-2': 1 };

/** kube-proxy hashes the port as well when its configuration says mh (proxier.go, FlagSourceHash). */
const mhByDefault: SchedulerFlags = { names: ['mh-port'] };

const meanings: Readonly<Record<SchedulerFlag, string>> = {
  'sh-fallback': 'of `sh`: another real server where the chosen one cannot take the connection',
  'sh-port': "of `sh`: the client's port is hashed as well",
  'mh-fallback': 'of `mh`: another real server where the chosen one cannot take the connection',
  'mh-port': "of `mh`: the client's port is hashed as well",
};

/** The flags of the scheduler. One that is unknown or of another scheduler is left out. */
export const schedulerFlags: Annotation<SchedulerFlags, 'UnknownSchedulerFlag'> = {
  name: 'kube-ipvs.io/scheduler-flags',
  aliases: [kubeRouterName],
  reasons: { UnknownSchedulerFlag: 'the scheduler of the Service has no such flag' },
  docs: {
    title: 'Flags of the scheduler',
    form: 'flags of that scheduler, comma separated',
    without: 'none (`mh-port` where the configuration says `mh`, as kube-proxy)',
    example: { 'kube-ipvs.io/scheduler': 'sh', 'kube-ipvs.io/scheduler-flags': 'sh-port' },
    values: new Map(Object.entries(meanings)),
    text: `They belong to the scheduler that the Service runs with. A flag that this one does not have is left
out, and the others count. \`${kubeRouterName}\` may also say \`flag-1\` for \`-fallback\` and \`flag-2\`
for \`-port\`.`,
  },

  byDefault(context) {
    const { value, isChosen } = choose(scheduler, context);
    return value === 'mh' && !isChosen ? mhByDefault : noFlags;
  },

  read(given, _byDefault, context) {
    const { value: name } = choose(scheduler, context);
    const known = flagsOf[name] ?? [];
    const words = wordsOf(given.value);
    const found = words.map((word) => flagOf(word, known, given));
    const value = { names: known.filter((flag) => found.includes(flag)) };
    const unknown = words.filter((_word, index) => found[index] === undefined);
    if (unknown.length === 0) {
      return { usable: true, value };
    }
    const has = known.length === 0 ? 'no flags' : `the flags ${known.join(', ')}`;
    const allowed = `${unknown.join(', ')} left out: the scheduler ${name} has ${has}`;
    return { usable: true, value, mistake: { reason: 'UnknownSchedulerFlag', allowed } };
  },
};

function wordsOf(value: string): readonly string[] {
  return value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function flagOf(
  word: string,
  known: readonly SchedulerFlag[],
  { name }: Given,
): SchedulerFlag | undefined {
  const number = name === kubeRouterName ? kubeRouterNumbers[word] : undefined;
  return known[number ?? -1] ?? known.find((flag) => flag === word);
}
