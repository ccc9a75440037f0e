/** What the user typed, taken apart: every value is still the text it was. */
export interface CommandInput {
  arguments: readonly string[];
  /** The first argument: commands whose table row demands one read it here. */
  first: string;
  /** An option's value, or undefined when it was not given. */
  text(option: string): string | undefined;
  /** The values of an option that may be given several times. */
  texts(option: string): readonly string[];
  /** Whether a switch was given; switches that have only a `--no-` form are true until it is given. */
  flag(option: string): boolean;
  /** For switches with both forms: undefined when neither was given, the last one when both were. */
  toggle(option: string): boolean | undefined;
  /** Whether both forms were given, which contradict each other. */
  isBoth(option: string): boolean;
}

/**
 * @param values as commander collects them, by the option's camel-case name
 * @param given every option of the line, `no-` and all: of two forms of a switch commander keeps the last alone
 */
export function createInput(
  operands: readonly string[],
  values: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string> = new Set(),
): CommandInput {
  const value = (option: string) => values[option.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase())];
  return {
    arguments: operands,
    first: operands[0] ?? '',
    text: (option) => {
      const last = value(option);
      return typeof last === 'string' ? last : undefined;
    },
    texts: (option) => {
      const all = value(option);
      return Array.isArray(all) ? all.map(String) : [];
    },
    flag: (option) => value(option) === true,
    toggle: (option) => {
      const last = value(option);
      return typeof last === 'boolean' ? last : undefined;
    },
    isBoth: (option) => given.has(option) && given.has(`no-${option}`),
  };
}
