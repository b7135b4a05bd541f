// Loaded into members and the operator with --import: names of Pods (".svc") are looked up in a file, MEMBER_HOSTS, that the
// kubelet of this suite writes. It stands for cluster DNS where there are no nodes.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const file = process.env.MEMBER_HOSTS;
const { lookup } = dns;
const { lookup: lookupPromise } = dns.promises;

function isOfCluster(name) {
  return file !== undefined && /\.svc(?:\.cluster\.local)?\.?$/.test(name);
}

function find(name) {
  const hosts = JSON.parse(readFileSync(file, 'utf8'));
  const address = hosts[name.replace(/\.$/, '')];
  if (address !== undefined) return { address, family: 4 };
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
    code: 'ENOTFOUND',
    errno: -3008,
    syscall: 'getaddrinfo',
    hostname: name,
  });
}

dns.lookup = (name, options, callback) => {
  if (!isOfCluster(name)) return lookup(name, options, callback);
  const answer = callback ?? options;
  const isAll = typeof options === 'object' && options !== null && options.all === true;
  try {
    const found = find(name);
    if (isAll) process.nextTick(answer, null, [found]);
    else process.nextTick(answer, null, found.address, found.family);
  } catch (error) {
    process.nextTick(answer, error);
  }
};

dns.promises.lookup = async (name, options) => {
  if (!isOfCluster(name)) return lookupPromise(name, options);
  const found = find(name);
  return options?.all === true ? [found] : found;
};

syncBuiltinESMExports();
