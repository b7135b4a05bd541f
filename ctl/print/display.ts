// Owns showing results in the format the user chose.
import { Exit, ExitError } from '../line/exit-error.ts';
import type { FlagSet } from '../line/flag-set.ts';
import { writeError, writeOut } from '../line/terminal.ts';
import { printFields } from './fields.ts';
import { printJson } from './json.ts';
import { printProtobuf } from './protobuf.ts';
import type { Result } from './result.ts';
import { printSimple, unhealthyLines } from './simple.ts';
import { drawTable } from './table.ts';
import { hashRows, healthRows, memberRows, type Rows, statusRows } from './tables.ts';
import { Unsupported } from './unsupported.ts';

const FORMATS = ['simple', 'fields', 'json', 'protobuf', 'table'] as const;

export type Format = (typeof FORMATS)[number];

export class Display {
  readonly format: Format;
  readonly #isHex: boolean;

  constructor(flags: FlagSet) {
    const format = FORMATS.find((one) => one === flags.text('write-out'));
    if (format === undefined) throw new ExitError(Exit.badFeature, 'unsupported output format');
    this.format = format;
    this.#isHex = flags.bool('hex');
  }

  /** Throws ExitError when the format does not fit the result. */
  show(result: Result, options: { readonly valueOnly?: boolean } = {}): void {
    const isHex = this.#isHex;
    switch (this.format) {
      case 'simple':
        if (result.kind === 'endpointHealth') writeError(unhealthyLines(result.list));
        writeOut(...printSimple(result, { isHex, valueOnly: options.valueOnly ?? false }));
        break;
      case 'fields':
        writeOut(printFields(result, { isHex }));
        break;
      case 'json':
        writeOut(printJson(result, { isHex }));
        break;
      case 'protobuf':
        writeOut(printProtobuf(result));
        break;
      case 'table':
        writeOut(drawTable(rowsOf(result)));
        break;
    }
  }
}

function rowsOf(result: Result): Rows {
  switch (result.kind) {
    case 'memberList':
      return memberRows(result.response.members);
    case 'endpointHealth':
      return healthRows(result.list);
    case 'endpointStatus':
      return statusRows(result.list);
    case 'endpointHash':
      return hashRows(result.list);
    default:
      throw new Unsupported('table');
  }
}
