// Owns saying that a result cannot be shown in a format.
import { Exit, ExitError } from '../line/exit-error.ts';

export class Unsupported extends ExitError {
  constructor(format: string) {
    super(Exit.badFeature, `${format} not supported as output format`);
  }
}
