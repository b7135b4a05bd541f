// Loaded into members and the operator with --import, and stands for the network where there are no nodes. Names of Pods
// (".svc") are looked up in a file, MEMBER_HOSTS, that the kubelet of this suite writes. While the file MEMBER_CUT is there,
// no connection from or to the address of a Pod lives: the process is alone.
import dns from 'node:dns';
import { existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const POLL_MS = 50;

const file = process.env.MEMBER_HOSTS;
const cutFile = process.env.MEMBER_CUT;
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

/** Pods have addresses of their own; 127.0.0.1 is everybody else's. */
function isBetweenPods(socket) {
  const ends = [socket.localAddress, socket.remoteAddress];
  return ends.some(
    (end) => end !== undefined && /^(?:::ffff:)?127\./.test(end) && !end.endsWith('127.0.0.1'),
  );
}

function watchTheCut() {
  const sockets = new Set();
  let isCut = existsSync(cutFile);
  const drop = (socket) => {
    if (isBetweenPods(socket)) socket.destroy();
  };
  const keep = (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (isCut) drop(socket);
  };
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function connectUncut(...args) {
    this.once('connect', () => keep(this));
    return connect.apply(this, args);
  };
  const { emit } = net.Server.prototype;
  net.Server.prototype.emit = function emitUncut(event, ...args) {
    if (event === 'connection') keep(args[0]);
    return emit.call(this, event, ...args);
  };
  setInterval(() => {
    isCut = existsSync(cutFile);
    if (isCut) for (const socket of sockets) drop(socket);
  }, POLL_MS).unref();
}

syncBuiltinESMExports();
if (cutFile !== undefined) watchTheCut();
