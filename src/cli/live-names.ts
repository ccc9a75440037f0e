import type { ApiClient } from '../api/client.ts';
import { routes } from '../api/routes.ts';
import type { NetworkStatus, Operation } from '../api/types.ts';
import { isOperationOver } from '../model/operation.ts';
import type { ValueKind } from './command.ts';
import { guestNames, imageNames } from './suggest-name.ts';

/** What a daemon knows of a kind now, for completion. */
export async function liveNames(kind: ValueKind, client: ApiClient): Promise<readonly string[]> {
  switch (kind) {
    case 'guest':
      return guestNames(client);
    case 'guest-or-file':
      return (await guestNames(client)).map((name) => `${name}:`);
    case 'image':
    case 'image-or-file':
      return imageNames(client);
    case 'operation':
      return (await client.request<Operation[]>('GET', routes.operations)).map(({ id }) => id);
    case 'running-operation':
      return (await client.request<Operation[]>('GET', routes.operations))
        .filter(({ state }) => !isOperationOver(state))
        .map(({ id }) => id);
    case 'plan':
      return (await client.request<NetworkStatus>('GET', routes.networkStatus)).history.map(({ number }) =>
        String(number),
      );
    case 'api-path':
      return Object.values(routes).filter((path) => typeof path === 'string');
    case 'file':
      return [];
  }
}
