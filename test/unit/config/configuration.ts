import assert from 'node:assert/strict';
import {
  ConfigurationError,
  settingsFrom,
  type Flags,
  type Settings,
} from '../../../src/config/load-settings.ts';
import { parseConfiguration } from '../../../src/config/parse-configuration.ts';

/** What a configuration yields besides settings. */
export interface Said {
  readonly withoutEffect: string[];
  readonly unknown: string[];
}

export interface Given {
  readonly flags?: Flags;
  readonly environment?: Readonly<Record<string, string>>;
  readonly said?: Said;
}

/** Settings from the fields of a file `kube-proxy.yaml`, and what else is given. */
export function settings(yaml: string, given: Given = {}): Settings {
  const { flags = {}, environment = {}, said = nothingSaid() } = given;
  const header = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  return settingsFrom(
    parseConfiguration('kube-proxy.yaml', `${header}${yaml}`),
    { config: 'kube-proxy.yaml', kubeProxyFlags: new Map<string, string>(), ...flags },
    { environment, hostName: 'The-Host' },
    {
      withoutEffect: (names) => said.withoutEffect.push(...names),
      unknown: (message) => said.unknown.push(message),
    },
  );
}

export function nothingSaid(): Said {
  return { withoutEffect: [], unknown: [] };
}

/** The lines of the error; none when there is no error. */
export function errorsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message.split('\n');
  }
  return [];
}
