// Owns tables in Markdown with columns of even width, as the formatter of this repository wants them.

export type Alignment = 'left' | 'right';

/** The lines of a table. All rows have as many cells as the head. */
export function tableLines(
  alignments: readonly Alignment[],
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      alignments[column] === 'right'
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rules = alignments.map((alignment, column) =>
    alignment === 'right'
      ? `${'-'.repeat((widths[column] ?? 1) - 1)}:`
      : '-'.repeat(widths[column] ?? 0),
  );
  return [line(head), line(rules), ...rows.map(line)];
}
