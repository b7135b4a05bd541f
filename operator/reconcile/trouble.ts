// Owns the reading of a Pod's troubles: which of them a new member would cure, and which it would only repeat.
import { ANNOTATION_CONFIG_HASH, ANNOTATION_IMAGE } from '../api/labels.ts';
import type { ClusterView, MemberView } from './view.ts';

const IMAGE_TROUBLES: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
]);

/** The image or the configuration is at fault: any other member would fail in the same way. */
export function hasImageTrouble({ pod }: MemberView): boolean {
  return IMAGE_TROUBLES.has(pod?.status?.container?.waitingReason ?? '');
}

/** Killed for its memory limit: the data is good, and a new member would need the same memory. */
export function isOutOfMemory({ pod, isPodReady }: MemberView): boolean {
  return !isPodReady && pod?.status?.container?.lastTerminationReason === 'OOMKilled';
}

/** The container does not run at all, so that deleting the Pod takes nothing from anybody. */
export function isWaiting({ pod }: MemberView): boolean {
  return pod?.status?.phase === 'Pending' || pod?.status?.container?.waitingReason !== undefined;
}

export function hasOldConfig({ wantedConfig }: ClusterView, { pod }: MemberView): boolean {
  if (pod === undefined) return false;
  return pod.metadata.annotations?.[ANNOTATION_CONFIG_HASH] !== wantedConfig;
}

/** By what the Pod was asked for, not by what it has: webhooks rewrite images, and would be fought for ever. */
export function hasOldImage({ wantedImage }: ClusterView, { pod }: MemberView): boolean {
  if (pod === undefined) return false;
  return pod.metadata.annotations?.[ANNOTATION_IMAGE] !== wantedImage;
}
