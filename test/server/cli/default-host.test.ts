// Goal: the advertised address is that of the default route. Method: texts of /proc/net/route. A failure means a member tells
// others an address they cannot reach.
import { describe, expect, it } from 'vitest';
import { defaultDevice } from '../../../server/cli/default-host.ts';

const HEAD =
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';

describe('defaultDevice', () => {
  it('takes the default route with the least metric', () => {
    const routes = `${HEAD}eth1\t00000000\t0102000A\t0003\t0\t0\t200\t00000000\t0\t0\t0
eth0\t00000000\t0101000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth2\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
    expect(defaultDevice(routes)).toBe('eth0');
  });

  it('finds none in other routes', () => {
    expect(
      defaultDevice(`${HEAD}eth0\t00000000\t0\t1\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`),
    ).toBeUndefined();
    expect(defaultDevice(HEAD)).toBeUndefined();
    expect(defaultDevice('')).toBeUndefined();
  });
});
