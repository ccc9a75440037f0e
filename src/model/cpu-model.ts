export const CPU_RULE = 'must be auto or a CPU model with features, such as host or qemu64,+aes';

/** In the form of `-cpu`: a model, then features as `+aes`, `-aes`, `aes=off`. Which there are, QEMU knows. */
export function isCpu(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]*(,[+-]?[\w.][\w.-]*(=[\w.-]+)?)*$/.test(text);
}
