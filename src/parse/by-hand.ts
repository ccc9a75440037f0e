import type { NetworkIntent } from '../model/network-intent.ts';

/** Sets aside what is for links that nothing brings up: dialects that configure a link only once it is up do nothing with it at a boot. */
export function setAsideByHand(intent: NetworkIntent): NetworkIntent {
  const idle = new Set(intent.links.filter(({ isAutomatic }) => !isAutomatic).map(({ name }) => name));
  if (idle.size === 0) return intent;
  const parts = (isWanted: (link: string) => boolean) => ({
    addresses: intent.addresses.filter(({ link }) => isWanted(link)),
    routes: intent.routes.filter(({ context }) => isWanted(context)),
    dynamic: intent.dynamic.filter(({ link }) => isWanted(link)),
  });
  const stanzas = intent.links.flatMap(({ name, spot }) => (idle.has(name) ? [{ name, link: name, spot }] : []));
  return { ...intent, ...parts((link) => !idle.has(link)), byHand: { ...parts((link) => idle.has(link)), stanzas } };
}
