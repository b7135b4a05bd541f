// Goal: the names that members and the operator live by are those of Kubernetes. Method: objects as the API server has them,
// questions as bytes, answers read by Node's own resolver; random bytes for what is no question. A failure means that suites
// on nodes judge the operator by a DNS of another kind.
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json } from '../../../operator/kube/decode.ts';
import { readQuestion, writeAnswer } from './dns-message.ts';
import { addressesOf, type ZoneObjects } from './dns-zone.ts';

const service = (clusterIP: string, publishNotReadyAddresses: boolean): Json => ({
  spec: { clusterIP, publishNotReadyAddresses },
});

const pods: Json = {
  subsets: [
    {
      addresses: [{ ip: '198.18.1.2', hostname: 'main-a' }, { ip: '198.18.1.3' }],
      notReadyAddresses: [{ ip: '198.18.2.2', hostname: 'main-b' }],
    },
  ],
};

const objects: ZoneObjects = {
  services: new Map([
    ['default/main-client', service('198.19.0.7', false)],
    ['default/main-peers', service('None', true)],
    ['default/main-ready', service('None', false)],
  ]),
  endpoints: new Map([
    ['default/main-client', pods],
    ['default/main-peers', pods],
    ['default/main-ready', pods],
  ]),
};

it.each([
  ['main-client.default.svc.cluster.local', ['198.19.0.7']],
  ['main-peers.default.svc.cluster.local', ['198.18.1.2', '198.18.1.3', '198.18.2.2']],
  ['main-ready.default.svc.cluster.local', ['198.18.1.2', '198.18.1.3']],
  ['main-b.main-peers.default.svc.cluster.local', ['198.18.2.2']],
  ['198-18-1-3.main-peers.default.svc.cluster.local', ['198.18.1.3']],
  ['main-b.main-ready.default.svc.cluster.local', undefined],
  ['main-a.main-client.default.svc.cluster.local', undefined],
  ['a.main-a.main-peers.default.svc.cluster.local', undefined],
  ['main-peers.other.svc.cluster.local', undefined],
  ['svc.cluster.local', undefined],
  ['debian.org', undefined],
])('%s', (name, addresses) => {
  expect(addressesOf(name, objects)).toEqual(addresses);
});

it('is understood by a resolver', async () => {
  const socket = createSocket('udp4', (bytes, { port, address }) => {
    const question = readQuestion(bytes);
    if (question === undefined) return;
    socket.send(writeAnswer(bytes, question, addressesOf(question.name, objects)), port, address);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', () => done()));
  const resolver = new Resolver({ timeout: 5_000 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  try {
    expect(await resolver.resolve4('Main-B.main-peers.default.svc.cluster.local')).toEqual([
      '198.18.2.2',
    ]);
    await expect(resolver.resolve4('nobody.default.svc.cluster.local')).rejects.toThrow(
      'ENOTFOUND',
    );
    // There is such a name, without such an address.
    await expect(resolver.resolve6('main-client.default.svc.cluster.local')).rejects.toThrow(
      'ENODATA',
    );
  } finally {
    socket.close();
  }
});

it('takes nothing else for a question', () => {
  const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, (message) => {
      const question = readQuestion(message);
      if (question !== undefined) expect(question.endsAt).toBeLessThanOrEqual(message.length);
    }),
  );
});
