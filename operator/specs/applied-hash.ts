// Owns the mark that tells what an object was applied as. An object that holds all that is wanted may hold what was wanted
// before, too: an annotation that was taken out of the specification. It goes only when the object is applied again.
import { fingerprint } from '../api/hash.ts';
import { ANNOTATION_APPLIED_HASH } from '../api/labels.ts';
import type { ObjectMeta } from '../api/meta.ts';

export function withAppliedHash<T extends { readonly metadata: ObjectMeta }>(object: T): T {
  const { metadata } = object;
  const annotations = { ...metadata.annotations, [ANNOTATION_APPLIED_HASH]: fingerprint(object) };
  return { ...object, metadata: { ...metadata, annotations } };
}
