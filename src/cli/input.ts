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
  /** For switches with both forms: undefined when neither was given. */
  toggle(option: string): boolean | undefined;
}

/** `values` as commander collects them, by the option's camel-case name. */
export function createInput(operands: readonly string[], values: Readonly<Record<string, unknown>>): CommandInput {
  const value = (option: string) => values[option.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase())];
  return {
    arguments: operands,
    first: operands[0] ?? '',
    text: (option) => {
      const given = value(option);
      return typeof given === 'string' ? given : undefined;
    },
    texts: (option) => {
      const given = value(option);
      return Array.isArray(given) ? given.map(String) : [];
    },
    flag: (option) => value(option) === true,
    toggle: (option) => {
      const given = value(option);
      return typeof given === 'boolean' ? given : undefined;
    },
  };
}
