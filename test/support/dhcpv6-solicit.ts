/**
 * Asks by DHCPv6 (RFC 8415) on eth0 as an image would: one Solicit with a DUID made of the MAC in the first argument.
 * Prints the address offered.
 */
import { createSocket } from 'node:dgram';
import { ipv6FromBigInt } from '../../src/base/address.ts';

const SOLICIT = 1;
const OPTION_CLIENT_ID = 1;
const OPTION_IA_NA = 3;
const OPTION_IA_ADDRESS = 5;

const mac = Buffer.from((process.argv[2] ?? '').replaceAll(':', ''), 'hex');
const clientId = option(OPTION_CLIENT_ID, Buffer.concat([Buffer.from([0, 3, 0, 1]), mac]));
const identity = option(OPTION_IA_NA, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
const solicit = Buffer.concat([Buffer.from([SOLICIT, 1, 2, 3]), clientId, identity]);

const socket = createSocket('udp6');
socket.on('message', (answer) => {
  const offer = findOption(findOption(answer.subarray(4), OPTION_IA_NA)?.subarray(12), OPTION_IA_ADDRESS);
  console.log(offer === undefined ? 'none' : ipv6FromBigInt(BigInt(`0x${offer.subarray(0, 16).toString('hex')}`)));
  process.exit(0);
});
socket.bind(546, () => {
  const ask = () => socket.send(solicit, 547, 'ff02::1:2%eth0');
  ask();
  setInterval(ask, 500);
  setTimeout(() => process.exit(1), 10_000);
});

function option(code: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(code, 0);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

function findOption(options: Buffer | undefined, code: number): Buffer | undefined {
  for (let at = 0; options !== undefined && at + 4 <= options.length; at += 4 + options.readUInt16BE(at + 2)) {
    if (options.readUInt16BE(at) === code) return options.subarray(at + 4, at + 4 + options.readUInt16BE(at + 2));
  }
  return undefined;
}
