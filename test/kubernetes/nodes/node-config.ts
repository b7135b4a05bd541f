// Owns what the programs of a node are configured with: containerd, its plug-ins for the network of Pods, kubelet.
import { CLUSTER_DOMAIN, HOST_ADDRESS, type NodePlan, PAUSE_IMAGE } from './plan.ts';

export function containerdConfig({ folder }: NodePlan): string {
  return `version = 2
root = "${folder}/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Machines without CAP_SYS_RESOURCE cannot make a process less likely to be killed.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/** A bridge in the node's own namespace; routes of network.sh lead to it, with nothing in between. */
export function networkConfig({ podRange }: NodePlan): unknown {
  return {
    cniVersion: '0.4.0',
    name: 'nodes',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: '/run/pod-addresses',
          ranges: [[{ subnet: podRange }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

export function kubeletConfig({ address, cgroup, folder }: NodePlan): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: ['pods'],
    failSwapOn: false,
    // exec, logs: nobody but this machine reaches the bridge.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    clusterDomain: CLUSTER_DOMAIN,
    clusterDNS: [HOST_ADDRESS],
    resolvConf: `${folder}/resolv.conf`,
    hairpinMode: 'hairpin-veth',
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1Gi' },
    oomScoreAdj: 0,
    // Found out soon, so that suites need not wait for minutes.
    syncFrequency: '10s',
    nodeStatusUpdateFrequency: '4s',
    healthzBindAddress: '127.0.0.1',
    readOnlyPort: 0,
  };
}
