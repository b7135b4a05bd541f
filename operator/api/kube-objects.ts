// Owns the types of the Kubernetes objects the operator makes, down to the fields it sets or reads. What a user passes
// through untouched (affinity, tolerations, resources) stays unknown: Kubernetes validates it.
import type { ObjectMeta, StringMap } from './meta.ts';

/** JSON that is handed on as it is. */
export type PassedOn = Readonly<Record<string, unknown>>;

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly EnvVar[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources?: PassedOn;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: PassedOn;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes: readonly PassedOn[];
  readonly hostname: string;
  readonly subdomain: string;
  readonly restartPolicy: 'Always';
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: false;
  readonly enableServiceLinks: false;
  readonly securityContext: PassedOn;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly affinity?: PassedOn;
  readonly tolerations?: readonly PassedOn[];
  readonly nodeSelector?: StringMap;
  readonly topologySpreadConstraints?: readonly PassedOn[];
  readonly priorityClassName?: string;
}

export interface ContainerStatus {
  readonly restartCount: number;
  readonly ready: boolean;
  /** Why the container does not run: CrashLoopBackOff, ImagePullBackOff, ... */
  readonly waitingReason?: string;
  /** Why it ended the last time: OOMKilled, Error, ... */
  readonly lastTerminationReason?: string;
}

/** What the operator reads of a Pod's status, flattened by operator/kube. */
export interface PodStatus {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly ready: boolean;
  readonly unschedulable?: boolean;
  readonly container?: ContainerStatus;
}

export interface Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

export interface PersistentVolumeClaim {
  readonly apiVersion: 'v1';
  readonly kind: 'PersistentVolumeClaim';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
    readonly storageClassName?: string;
  };
  readonly status?: { readonly phase?: string };
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: string | number;
  readonly protocol: 'TCP';
}

export interface Service {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly type: string;
    readonly clusterIP?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly selector: StringMap;
    readonly ports: readonly ServicePort[];
  };
}

/** Whether drains may take Pods that are not ready: at any time, or only while enough others are ready. */
export type EvictionPolicy = 'AlwaysAllow' | 'IfHealthyBudget';

export interface PodDisruptionBudget {
  readonly apiVersion: 'policy/v1';
  readonly kind: 'PodDisruptionBudget';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly minAvailable: number;
    readonly selector: { readonly matchLabels: StringMap };
    readonly unhealthyPodEvictionPolicy?: EvictionPolicy;
  };
}
