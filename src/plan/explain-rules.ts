import { advertisementsStopped } from './explain-advertisements.ts';
import { arpAnswersInternal, proxyArpOnUplink } from './explain-arp.ts';
import { bridgeMacNotPinned, bridgeMacNotUplinks, uplinkMacChanged } from './explain-bridge-mac.ts';
import {
  addressOnPort,
  bridgeDummyPort,
  bridgeWithoutPorts,
  stpOn,
  uplinkWithoutAddress,
} from './explain-bridge-ports.ts';
import { filesRefused, linkNotAutomatic } from './explain-by-hand.ts';
import { cloudInitOverwrites } from './explain-cloud-init.ts';
import {
  defaultRouteAstray,
  defaultRouteMissing,
  defaultRouteOnBridge,
  defaultRoutesEqual,
} from './explain-default-route.ts';
import {
  addressNotInFiles,
  addressNotRunning,
  filesNotUnderstood,
  routeNotInFiles,
  routeNotRunning,
} from './explain-files.ts';
import { bridgedFramesFiltered, forwardPolicyDrop } from './explain-firewall.ts';
import { foreignMacBridged, guardMissing, guardStoppedFrames, ownMacReturns } from './explain-foreign-macs.ts';
import { strictReversePath, unusedAddressesLoop } from './explain-forwarding.ts';
import { gatewayNotOnLink } from './explain-gateway.ts';
import { hostFileDiffers, providerDoubtful } from './explain-host-file.ts';
import { linkLocalNotOfMac, proxyEntryMissing } from './explain-ipv6.ts';
import { broadcastOutsidePrefix, vlanMtu } from './explain-links.ts';
import { neverStopNetworking, ownerMissing, ownerTwice } from './explain-owner.ts';
import {
  isolatedCustomersRoute,
  neighboursUnreachable,
  routeNamesMissingLink,
  routeNamesPort,
} from './explain-route-lines.ts';
import type { ExplainRule } from './explain-rule.ts';

/** Everything that `lodge net explain` looks for, in the order in which findings of one level are told. */
export const EXPLAIN_RULES: readonly ExplainRule[] = [
  bridgeMacNotUplinks,
  uplinkMacChanged,
  hostFileDiffers,
  guardStoppedFrames,
  foreignMacBridged,
  ownMacReturns,
  defaultRouteMissing,
  defaultRouteAstray,
  defaultRoutesEqual,
  gatewayNotOnLink,
  addressOnPort,
  routeNamesPort,
  routeNamesMissingLink,
  ownerTwice,
  ownerMissing,
  filesRefused,
  linkNotAutomatic,
  proxyArpOnUplink,
  linkLocalNotOfMac,
  proxyEntryMissing,
  advertisementsStopped,
  unusedAddressesLoop,
  stpOn,
  vlanMtu,
  defaultRouteOnBridge,
  bridgeMacNotPinned,
  bridgeDummyPort,
  guardMissing,
  providerDoubtful,
  neighboursUnreachable,
  bridgedFramesFiltered,
  forwardPolicyDrop,
  strictReversePath,
  broadcastOutsidePrefix,
  addressNotRunning,
  addressNotInFiles,
  routeNotRunning,
  routeNotInFiles,
  cloudInitOverwrites,
  uplinkWithoutAddress,
  bridgeWithoutPorts,
  isolatedCustomersRoute,
  arpAnswersInternal,
  neverStopNetworking,
  filesNotUnderstood,
];
