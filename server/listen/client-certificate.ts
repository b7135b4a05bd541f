// Owns the checks of a client certificate that come after the chain was verified: revocation, allowed names, and the
// peer port's rule that the certificate must fit the address it comes from.

import { lookup, reverse } from 'node:dns/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { normalizeSerial } from './crl.ts';
import type { TlsOptions } from './types.ts';

/** Longest chain that is looked at; real ones have two or three links. */
const CHAIN_LENGTH_MAX = 16;

/** The names a certificate carries, as log lines print them. */
export interface CertificateNames {
  readonly ipAddresses: readonly string[];
  readonly dnsNames: readonly string[];
}

/** Why the peer's certificate is refused; undefined when it is fine or there is none. */
export function refuseCertificate(
  socket: TLSSocket,
  options: TlsOptions,
  revoked: ReadonlySet<string>,
): string | undefined {
  const certificate = socket.getPeerCertificate(true);
  if (!hasCertificate(certificate)) return undefined;
  const serial = findRevokedSerial(certificate, revoked);
  if (serial !== undefined) {
    return `transport: certificate serial ${serial.toLowerCase()} revoked`;
  }
  const commonNames = options.allowedCommonNames ?? [];
  if (commonNames.length > 0 && !commonNames.includes(String(certificate.subject.CN))) {
    return 'client certificate authentication failed';
  }
  const hostnames = options.allowedHostnames ?? [];
  if (hostnames.length > 0 && !hostnames.some((name) => fitsHost(name, certificate))) {
    return 'client certificate authentication failed';
  }
  return undefined;
}

/** etcd: client/pkg/transport/listener_tls.go checkCertSAN. */
export async function refuseSan(socket: TLSSocket): Promise<string | undefined> {
  const certificate = socket.getPeerCertificate(true);
  const address = socket.remoteAddress;
  if (!hasCertificate(certificate) || address === undefined) return undefined;
  const host = address.startsWith('::ffff:') ? address.slice(7) : address;
  const names = namesOf(certificate);
  if (names.ipAddresses.length === 0 && names.dnsNames.length === 0) return undefined;
  if (names.ipAddresses.length > 0) {
    if (fitsHost(host, certificate)) return undefined;
    if (names.dnsNames.length === 0) {
      const valid = names.ipAddresses.join(', ');
      return `x509: certificate is valid for ${valid}, not ${host}`;
    }
  }
  if (await resolvesTo(host, names.dnsNames)) return undefined;
  const listed = names.dnsNames.map((name) => JSON.stringify(name)).join(' ');
  return `tls: ${JSON.stringify(host)} does not match any of DNSNames [${listed}]`;
}

/** Names for the log line; undefined without a certificate. */
export function certificateNames(socket: TLSSocket): CertificateNames | undefined {
  const certificate = socket.getPeerCertificate(true);
  return hasCertificate(certificate) ? namesOf(certificate) : undefined;
}

// node:tls answers an empty object when there is none, and null once the socket is gone, whatever the type says.
function hasCertificate(certificate: DetailedPeerCertificate | null | undefined): boolean {
  return certificate?.raw !== undefined;
}

function findRevokedSerial(
  leaf: DetailedPeerCertificate,
  revoked: ReadonlySet<string>,
): string | undefined {
  if (revoked.size === 0) return undefined;
  let certificate: DetailedPeerCertificate | undefined = leaf;
  for (let i = 0; i < CHAIN_LENGTH_MAX && certificate !== undefined; i++) {
    const serial = normalizeSerial(certificate.serialNumber);
    if (revoked.has(serial)) return serial;
    // A root is its own issuer.
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer;
  }
  return undefined;
}

function fitsHost(host: string, certificate: DetailedPeerCertificate): boolean {
  return checkServerIdentity(host, certificate) === undefined;
}

// "DNS:a.example, IP Address:127.0.0.1"
function namesOf(certificate: DetailedPeerCertificate): CertificateNames {
  const ipAddresses: string[] = [];
  const dnsNames: string[] = [];
  for (const part of (certificate.subjectaltname ?? '').split(', ')) {
    if (part.startsWith('DNS:')) dnsNames.push(part.slice(4));
    else if (part.startsWith('IP Address:')) ipAddresses.push(part.slice(11));
  }
  return { ipAddresses, dnsNames };
}

async function resolvesTo(host: string, dnsNames: readonly string[]): Promise<boolean> {
  const wildcards = dnsNames.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  const exact = dnsNames.filter((name) => !name.startsWith('*.'));
  for (const found of await settled(isIP(host) === 0 ? undefined : reverse(host))) {
    const name = found.endsWith('.') ? found.slice(0, -1) : found;
    if (exact.includes(name) || wildcards.some((suffix) => name.endsWith(suffix))) return true;
  }
  for (const name of exact) {
    const addresses = await settled(lookup(name, { all: true }));
    if (addresses.some((entry) => entry.address === host)) return true;
  }
  return false;
}

// A name that does not resolve is no match; the refusal names what was tried.
async function settled<T>(answer: Promise<T[]> | undefined): Promise<T[]> {
  if (answer === undefined) return [];
  const [result] = await Promise.allSettled([answer]);
  return result?.status === 'fulfilled' ? result.value : [];
}
