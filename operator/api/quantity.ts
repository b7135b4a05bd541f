// Owns Kubernetes quantities ("8Gi", "500M", 1024) as numbers of bytes. Milli-units make no sense for bytes and are refused.

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

export const QUANTITY_PATTERN = '^[0-9]+(\\.[0-9]+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$';

/** Bytes, rounded up as Kubernetes does; undefined for what is no quantity of bytes. */
export function parseQuantity(value: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kMGTP]i?|Ki)?$/.exec(String(value));
  if (match === null) return undefined;
  const scale = SUFFIXES[match[2] ?? ''];
  if (scale === undefined) return undefined;
  const bytes = Math.ceil(Number(match[1]) * scale);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
