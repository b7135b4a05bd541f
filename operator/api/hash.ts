// Owns short fingerprints of objects and the names made from them. Not for secrets: two rounds of 32-bit FNV-1a.

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** 16 hexadecimal digits that depend on the content only, not on the order of keys. */
export function fingerprint(value: unknown): string {
  const text = canonicalJson(value);
  return [fnv1a(text, 0x811c9dc5), fnv1a(text, 0x01234567)]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('');
}

/** Five characters as Kubernetes uses them for generated names: no vowels, no words. */
export function shortSuffix(text: string): string {
  // 27^5 is under 2^24, so the remainder is close enough to even.
  let value = fnv1a(text, 0x811c9dc5) ^ (fnv1a(text, 0x9dc5811c) >>> 3);
  value >>>= 0;
  let suffix = '';
  for (let count = 0; count < 5; count++) {
    suffix += ALPHABET[value % ALPHABET.length] ?? 'b';
    value = Math.floor(value / ALPHABET.length);
  }
  return suffix;
}

/** JSON with sorted keys and without undefined values. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // FNV mixes its last bytes poorly; this is the finaliser of MurmurHash3.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
