import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { isObject } from '../../cluster/fields.ts';

type Authenticator = Parameters<KubeConfig['addAuthenticator']>[0];
type User = KubeConfig['users'][number];

const providerName = 'kube-ipvs-token-file';

/** The file that holds a user's token, where there is one. */
export function tokenFileOf({ authProvider }: User): string | undefined {
  const provider: unknown = authProvider;
  const config = isObject(provider) ? provider['config'] : undefined;
  const file = isObject(config) ? config['tokenFile'] : undefined;
  return typeof file === 'string' && file !== '' ? file : undefined;
}

/** The user, with a token that is read from the file for each request. */
export function withTokenFile(user: User, file: string): User {
  const { token: _replaced, ...others } = user;
  return { ...others, authProvider: { name: providerName, file } };
}

/**
 * KubeConfig's own reader keeps a token for a minute, so that a rotated one is refused
 * meanwhile, and takes a line feed at its end for a part of it.
 */
export const tokenFileAuthenticator: Authenticator = {
  isAuthProvider: (user) => freshFileOf(user) !== undefined,
  applyAuthentication: async (user, options: RequestOptions) => {
    const file = freshFileOf(user);
    if (file !== undefined) {
      const token = (await readFile(file, 'utf8')).trim();
      const authorization = { Authorization: `Bearer ${token}` };
      options.headers = Object.assign({}, options.headers, authorization);
    }
  },
};

function freshFileOf({ authProvider }: User): string | undefined {
  const provider: unknown = authProvider;
  const { name, file } = isObject(provider) ? provider : {};
  return name === providerName && typeof file === 'string' ? file : undefined;
}
