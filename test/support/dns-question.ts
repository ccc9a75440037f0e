import type { Namespaces } from './netns.ts';

/** A question for an address, of the class IN. */
export function dnsQuestion(id: number, name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([
    Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, 1, 0, 1]),
  ]);
}

/** Whether a guest there has one question answered by TCP. */
export async function isAnsweredByTcp(spaces: Namespaces, space: string, server: string): Promise<boolean> {
  const question = dnsQuestion(7, 'web1.lodge');
  const input = Buffer.concat([Buffer.from([0, question.length]), question]);
  const words = ['5', 'socat', '-T3', '-', `TCP4:${server}:53`];
  const { stdout } = await spaces.run(space, 'timeout', words, { input, okExitCodes: [0, 1, 124] });
  return stdout.length > 20;
}
