import type { ProviderId } from '../host-config.ts';
import type { Provider } from '../provider.ts';
import { generic } from './generic.ts';
import { hetzner } from './hetzner.ts';
import { ovh } from './ovh.ts';
import { scalewayDedibox } from './scaleway-dedibox.ts';

export const PROVIDERS: Record<ProviderId, Provider> = {
  hetzner,
  ovh,
  'scaleway-dedibox': scalewayDedibox,
  generic,
};

/** In the order in which they are offered. */
export const PROVIDER_IDS = Object.keys(PROVIDERS) as ProviderId[];
