// Owns drawing tables the way etcdctl 3.7 does: boxes, heads in capitals and centred, cells to the right.
// etcd: tablewriter 1.1 with its defaults.
import type { Rows } from './tables.ts';

/** Room on both sides of a cell's text. */
const PADDING = 2;

export function drawTable({ head, rows }: Rows): string {
  const titles = head.map((text) => text.replaceAll('_', ' ').toUpperCase());
  const widths = titles.map((title, i) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[i] ?? ''))),
  );
  const lines = [
    rule('┌', '┬', '┐', widths),
    cells(titles.map((title, i) => centred(title, widths[i] ?? 0))),
    rule('├', '┼', '┤', widths),
    ...rows.map((row) => cells(widths.map((width, i) => toTheRight(row[i] ?? '', width)))),
    rule('└', '┴', '┘', widths),
  ];
  // Without rows the rule below the head is the bottom.
  if (rows.length === 0) lines.splice(2, 1);
  return lines.join('');
}

function rule(left: string, middle: string, right: string, widths: readonly number[]): string {
  const parts = widths.map((width) => '─'.repeat(width + PADDING));
  return `${left}${parts.join(middle)}${right}\n`;
}

function cells(texts: readonly string[]): string {
  return `│ ${texts.join(' │ ')} │\n`;
}

function centred(text: string, width: number): string {
  const gap = width - widthOf(text);
  const left = Math.floor(gap / 2);
  return `${' '.repeat(left)}${text}${' '.repeat(gap - left)}`;
}

function toTheRight(text: string, width: number): string {
  return `${' '.repeat(width - widthOf(text))}${text}`;
}

function widthOf(text: string): number {
  return [...text].length;
}
