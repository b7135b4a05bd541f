// Owns two questions about a RangeRequest that decide how it can be read.
import { type RangeRequest, SortOrder, SortTarget } from './gen/rpc.ts';

/** True when keys come out of the index in the order asked for. */
export function isIndexOrder(request: RangeRequest): boolean {
  return (
    request.sortOrder === SortOrder.none ||
    (request.sortTarget === SortTarget.key && request.sortOrder === SortOrder.ascend)
  );
}

export function hasRevisionFilters(request: RangeRequest): boolean {
  return (
    request.minModRevision !== 0 ||
    request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 ||
    request.maxCreateRevision !== 0
  );
}
