/** The chains of our own through which packets of a trial are seen: the first and the last of each hook. */
export const SEEN_AT = [
  'prerouting_first',
  'prerouting_last',
  'input_first',
  'input_last',
  'forward_first',
  'forward_last',
  'output_first',
  'output_last',
  'postrouting_first',
  'postrouting_last',
  'egress_last',
] as const;
export type SeenAt = (typeof SEEN_AT)[number];
