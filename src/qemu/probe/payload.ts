import { gunzipSync } from 'node:zlib';

// Made from payload.S by test/guest/qemu-payload.test.ts (LODGE_UPDATE=1), which also proves that it is fresh.
// biome-ignore format: one line of the file is one line of base64
const COMPRESSED = [
  'H4sIAAAAAAACA13VX0xbdRQH8O+9LdyOgfenbE7dlFLo2JybLagD3Z92POwSSdzCg3sxGaI1mzEugS4+op1Ks4QQWXzwzZAYjX/WpNG006UXOtcQ',
  'QyAQI8YXItj8DjVzWB6UsV3z6wXleF9+53Pv+Z17evpLWwrERvTUl7sBDfdeOL3khQAgUOsTGLnixmvfqSjlFBuLH+cgBLLNjUDYLn9eqFI0QgKF',
  'Kvj/jUICRkRFPhWdqtw7JWCcFcghIpB5H0AWOpA0qgA/EgVfV7xs+hfq/NWAGVjIqLpmYD47CNhma52mAWbI9NuJhTt1OrRBM2Cb2s6/DIHlSQj4',
  'EMsIDM8P28MzOVwQyNgegWwEgGzWgYQtEgXhTMZXcgvq6VseAbldB3LoF8gMKa6rd2h7grpPIIMBgVjSG1w2BMalGPIGfzcErII36B1wJxPL7IOJ',
  '+VS3PKgDcq8OLPU2rxd7U6liZ6q9eCL1UvFE9LqmWrimAV3Jm0u9tVqxd6n3U//AWtSZiv+RHpBfaED0eqTOA3nFzbJetxu6NWmFx1XOSrpXDlVy',
  'huoBecHNyahpm4F56/KOoBqgu0awObf/31eVfki/LI9VKkmPatitVBxUz/5OvyIDlWczBiBrNjopeIM4qw4BkAEQMbV267JQG5bSr8oVqA2iBZA/',
  'o7JhKuQWi8kfoU5IeDb8S3hyI+drN+e2ZRZqg4MDAu7HOyc/U6fhbcAO29d8EDBD2XcAO/ObLhCeNUPZS0rquJihjYGec2tlZ3WB6Le6aiSnOrdM',
  'QzUKsyrqTMdXM1olfteOeyzTUO+bSr8hOwCknpcXVaE3VSyKq6ulu8mJWHJXrHBS9yFWOOnF8PiyiCVfrM6bX0kzbI3/6re2zeTlLcdxuvff7kre',
  'GJqXrWr7UXkAQHdyQapGSg1WciKrhmaNT3iHZppNb+hIx0Xd21IkZzK+nE/VFCm/OVoDg7ASN3zWdOqMXHIcJ5rzqJp++ZPjOGdkSt1ypuO35PeO',
  '46T8xVU67ThOzGy4VPlazqN0MxY7tMmR81rpG2a99Amzp/Qhs7f0HnMV9bP61dTHbFAPs486mbdRG3MNNTFvp3rmWvIw11H53lbfR4vMJs0xC8oz',
  '309p5gdojLmeRpl3UIJ5J/UzP0h9zLuoh/kh6mR+mNqYH6Em5t1Uz7yHPMyPUvnuVj9Gi8wNNMfspzxzI6WZAzTG3ESjzM2UYA5SP/Ne6mNuoR7m',
  'fdTJvJ/amB+nJuYDVM/8BHmYD1J5fasP0SLzkzTHHKI8c5jSzK00xtxGo8xPUYL5aepnfob6mA9TD3M7dTJ3UBvzs9TE/BzVMx8hD/NRKt/Z6mO0',
  'yHyc5rZ683IcAB9dddcPpt31z4117SpeU0nJ//IPwzbcH3bHo/4v1fUPmpKbXgwIAAA=',
].join('');

/** The probe as `qemu -kernel` takes it: the assembled payload.S. Checked in, so that no assembler is needed on the host. */
export function probePayload(): Uint8Array {
  return gunzipSync(Buffer.from(COMPRESSED, 'base64'));
}
