import type { NetworkStep } from '../../model/network-plan.ts';
import { bridgedUnreachableSteps, guardStep, innerAddressSteps } from './common.ts';
import type { Situation } from './situation.ts';
import { step } from './steps.ts';

/** The uplink is a port of a bridge already, as in many a guide: what makes that bridge dangerous is mended, and no address moves. */
export function existingBridgeSteps(situation: Situation): NetworkStep[] {
  const { layer3, uplink } = situation;
  const mac = uplink.mac ?? '';
  const before = layer3.mac ?? mac;
  const { stp = false, forwardDelayMs = 0 } = layer3.bridge ?? {};
  const option = (name: 'stp_state' | 'forward_delay', value: string, was: string, why: string) =>
    step({ kind: 'set-bridge-option', bridge: layer3.name, option: name, value, before: was }, why);
  return [
    guardStep(situation),
    ...innerAddressSteps(situation, layer3.name),
    step(
      { kind: 'set-mac', link: layer3.name, mac, before },
      'a bridge whose MAC was never set takes the lowest of its ports: the first guest with a lower one would change it, and the provider would shut the port',
    ),
    ...(stp
      ? [
          option(
            'stp_state',
            '0',
            '1',
            'spanning tree holds a new port back and sends frames that the provider did not ask for',
          ),
        ]
      : []),
    ...(forwardDelayMs > 0
      ? [
          option(
            'forward_delay',
            '0',
            String(Math.round(forwardDelayMs / 10)),
            'a port that joins has to forward at once',
          ),
        ]
      : []),
    ...bridgedUnreachableSteps(situation),
  ];
}
