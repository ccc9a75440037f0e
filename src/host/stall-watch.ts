/** Notices a program that says nothing new any more. */
export interface StallWatch {
  /** Aborted when nothing new was said for the time. */
  signal: AbortSignal;
  see: (line: string) => void;
  close: () => void;
}

/** The same line again is nothing new: apt repeats its state twice a second whatever happens. */
export function watchStall(stallMs: number): StallWatch {
  const stalled = new AbortController();
  const giveUp = () => stalled.abort();
  let timer = setTimeout(giveUp, stallMs);
  const seen = new Set<string>();
  return {
    signal: stalled.signal,
    see(line) {
      if (seen.has(line)) return;
      seen.add(line);
      clearTimeout(timer);
      timer = setTimeout(giveUp, stallMs);
    },
    close: () => clearTimeout(timer),
  };
}
