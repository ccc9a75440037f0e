import type { Provider } from '../provider.ts';

/** Nothing is known, so the careful answer is supposed everywhere. */
export const generic: Provider = {
  id: 'generic',
  title: 'a provider that Lodge does not know',
  isolatesCustomers: true,
  foreignMac: 'not known: Lodge lets none out',
  ipv4: { arp: null, virtualMacs: 'none', virtualMacGateway: null },
  // Answering solicitations that nobody sends does no harm; not answering those that are sent cuts guests off.
  ipv6: { modes: ['on-link', 'routed', 'delegated'], gateway: null },
  signs: [],
  rescue: 'the rescue system or remote console of your provider',
  sources: [],
};
