const LINE_END = 0x0a;

/**
 * Says how to leave a console where it is seen: below what was written before, which would scroll it away, and above the line that
 * the guest has begun, its prompt. Whatever comes after the first `replayBytes` is shown as it comes.
 */
export function announceAfter(
  replayBytes: number,
  show: (bytes: Uint8Array) => void,
  announce: () => void,
): (bytes: Uint8Array) => void {
  const replay: Uint8Array[] = [];
  let missing = replayBytes;
  if (missing === 0) announce();
  return (bytes) => {
    if (missing === 0) return show(bytes);
    const part = bytes.subarray(0, missing);
    replay.push(part);
    missing -= part.length;
    if (missing > 0) return;
    const whole = Buffer.concat(replay);
    const begun = whole.lastIndexOf(LINE_END) + 1;
    if (begun > 0) show(whole.subarray(0, begun));
    announce();
    const rest = Buffer.concat([whole.subarray(begun), bytes.subarray(part.length)]);
    if (rest.length > 0) show(rest);
  };
}
