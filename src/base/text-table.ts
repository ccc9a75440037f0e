/** Columns padded to their widest cell, two spaces apart, no trailing space. The first row is the heading. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      if (cell.length > (widths[column] ?? 0)) widths[column] = cell.length;
    });
  }
  let text = '';
  for (const row of rows) {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    text += `${line.trimEnd()}\n`;
  }
  return text;
}

const NAME_COLUMNS = 14;

/** A section of `show`: a heading and its names and values, values in one column, also those of several lines. Null values are left out. */
export function renderSection(heading: string, entries: readonly (readonly [string, string | null])[]): string {
  const shown = entries.filter((entry): entry is readonly [string, string] => entry[1] !== null);
  if (shown.length === 0) return '';
  const width = Math.max(NAME_COLUMNS, ...shown.map(([name]) => name.length));
  const below = `\n${' '.repeat(2 + width + 1)}`;
  const rows = shown.map(([name, value]) =>
    `  ${name.padEnd(width)} ${value.trimEnd().replace(/\r?\n/g, below)}`.trimEnd(),
  );
  return `${heading}\n${rows.join('\n')}\n`;
}
