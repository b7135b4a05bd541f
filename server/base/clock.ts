// Owns the clock port: the only way code that decides learns the time. The simulator brings its own.

/** Two clocks: one for people and other machines, one for measuring spans. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. */
  wallMs(): number;
  /** Milliseconds from an arbitrary origin; never goes back. */
  monotonicMs(): number;
}
