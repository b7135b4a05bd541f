// Owns the security contexts of a member: Pod Security Standard "restricted", with a read-only root.
import type { PassedOn } from '../api/kube-objects.ts';

/** The number distroless images use for "nonroot". */
const USER = 65_532;

export const POD_SECURITY: PassedOn = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  // Changing the owner of every file of a big volume at each start would take minutes.
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
};

export const CONTAINER_SECURITY: PassedOn = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
