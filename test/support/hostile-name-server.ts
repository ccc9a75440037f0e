import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * A name server of the internet: `hostile-name-server.ts ADDRESS`. What is below example.test it answers as it should; below evil.test the label
 * before that names what comes, by UDP the word that TCP has more.
 */
const [address = ''] = process.argv.slice(2);
const MOST = 65_535;
/** The name that was asked for. */
const ASKED = Buffer.from([0xc0, 12]);

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const head = Buffer.from([0, type, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255]);
  return Buffer.concat([owner, head, data]);
}

function below(label: string): Buffer {
  return Buffer.concat([Buffer.from([label.length]), Buffer.from(label), ASKED]);
}

const TYPE = { a: 1, cname: 5, txt: 16, aaaa: 28 };
const HOSTILE: Record<string, (number: number) => Buffer> = {
  many: (number) => record(ASKED, TYPE.a, Buffer.from([198, 51, number >> 8, number & 255])),
  six: (number) => record(ASKED, TYPE.aaaa, Buffer.from(number.toString(16).padStart(32, '0'), 'hex')),
  chain: (number) => record(number === 0 ? ASKED : below(`c${number}`), TYPE.cname, below(`c${number + 1}`)),
  circle: (number) => record(number === 0 ? ASKED : below(`c${number % 9}`), TYPE.cname, below(`c${(number + 1) % 9}`)),
  names: (number) => record(below(`${number}`.padStart(63, 'n')), TYPE.a, Buffer.from([198, 51, 100, 9])),
  texts: () => record(ASKED, TYPE.txt, Buffer.concat([Buffer.from([255]), Buffer.alloc(255, 'x')])),
  itself: (number) => record(Buffer.from([0xc0 | (number >> 8), number & 255]), TYPE.a, Buffer.alloc(4)),
};

function answer(asked: Buffer, records: Buffer[], flags: number): Buffer {
  const question = asked.subarray(12, asked.indexOf(0, 12) + 5);
  const head = Buffer.from([0, 0, flags, 0x80, 0, 1, records.length >> 8, records.length & 255, 0, 0, 0, 0]);
  asked.copy(head, 0, 0, 2);
  return Buffer.concat([head, question, ...records]);
}

/** As many records as a message holds. */
function filled(asked: Buffer, make: (number: number) => Buffer, most = MOST): Buffer {
  const records: Buffer[] = [];
  for (let room = most - asked.length - 12, number = 0; ; number += 1) {
    const one = make(number);
    room -= one.length;
    if (room < 0) return answer(asked, records, 0x81);
    records.push(one);
  }
}

function kindOf(asked: Buffer): string {
  return /([a-z]+).evil.test\0/.exec(asked.toString('latin1'))?.[1] ?? 'honest';
}

const udp = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
udp.on('message', (asked, { address: from, port }) => {
  const kind = kindOf(asked);
  const reply = () => {
    if (kind === 'honest') return answer(asked, [record(ASKED, TYPE.a, Buffer.from([198, 51, 100, 7]))], 0x81);
    // A datagram may be this large, and is far more than was asked for.
    if (kind === 'datagram') return filled(asked, HOSTILE.many as (number: number) => Buffer, 60_000);
    return answer(asked, [], 0x83);
  };
  udp.send(reply(), port, from);
});
const tcp = createServer((socket) => {
  let rest = Buffer.alloc(0);
  socket
    .on('error', () => {})
    .on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length > 1 && rest.length >= 2 + rest.readUInt16BE()) {
        const asked = rest.subarray(2, 2 + rest.readUInt16BE());
        rest = rest.subarray(2 + asked.length);
        const kind = kindOf(asked);
        const make = HOSTILE[kind] ?? HOSTILE.many;
        const reply = filled(asked, make as (number: number) => Buffer);
        socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
        if (kind === 'more') socket.write(Buffer.alloc(1 << 20, 255));
        if (kind === 'half') socket.end();
      }
    });
});
udp.bind(53, address, () => tcp.listen(53, address, () => console.log('listening')));
