// Owns the static table of HPACK (RFC 7541 appendix A): 61 fields that both sides know from the
// start.

import { FieldEntry } from './hpack-field.ts';

/** Fields in index order, name and value separated by a space where there is a value. */
const FIELDS: readonly string[] = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ':status 200',
  ':status 204',
  ':status 206',
  ':status 304',
  ':status 400',
  ':status 404',
  ':status 500',
  'accept-charset',
  'accept-encoding gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
];

/** STATIC_ENTRIES[i] has index i + 1 on the wire. */
export const STATIC_ENTRIES: readonly FieldEntry[] = FIELDS.map((text) => {
  const space = text.indexOf(' ');
  return space < 0
    ? new FieldEntry(text, '')
    : new FieldEntry(text.slice(0, space), text.slice(space + 1));
});

export const STATIC_COUNT: number = STATIC_ENTRIES.length;

/** Lowest wire index of each name. */
export const STATIC_INDEX_BY_NAME: ReadonlyMap<string, number> = new Map(
  STATIC_ENTRIES.map((entry, i): [string, number] => [entry.field[0], i + 1]).reverse(),
);

/** Wire index of each whole field, keyed by name, NUL, value. */
export const STATIC_INDEX_BY_FIELD: ReadonlyMap<string, number> = new Map(
  STATIC_ENTRIES.map((entry, i): [string, number] => [
    `${entry.field[0]}\0${entry.field[1]}`,
    i + 1,
  ]),
);
