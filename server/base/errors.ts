// Owns the one table of errors that clients see: a code of ours, the gRPC status and etcd's exact text. Official
// clients match on the text, so the text is API. etcd: api/v3rpc/rpctypes/error.go. Two rows say Unknown where
// one would expect another status: that is what grpc-go sends for them, see the quirk notes.

/** gRPC status codes by their names. */
export const GrpcStatus = {
  ok: 0,
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

export type GrpcStatusCode = (typeof GrpcStatus)[keyof typeof GrpcStatus];

/** Every error with a text of its own: [status, text]. A row never changes. */
export const ERROR_TABLE = {
  emptyKey: ['invalidArgument', 'etcdserver: key is not provided'],
  keyNotFound: ['invalidArgument', 'etcdserver: key not found'],
  valueProvided: ['invalidArgument', 'etcdserver: value is provided'],
  leaseProvided: ['invalidArgument', 'etcdserver: lease is provided'],
  tooManyOps: ['invalidArgument', 'etcdserver: too many operations in txn request'],
  duplicateKey: ['invalidArgument', 'etcdserver: duplicate key given in txn request'],
  invalidClientApiVersion: ['invalidArgument', 'etcdserver: invalid client api version'],
  invalidSortOption: ['invalidArgument', 'etcdserver: invalid sort option'],
  memberBadUrls: ['invalidArgument', 'etcdserver: given member URLs are invalid'],
  requestTooLarge: ['invalidArgument', 'etcdserver: request is too large'],
  userEmpty: ['invalidArgument', 'etcdserver: user name is empty'],
  roleEmpty: ['invalidArgument', 'etcdserver: role name is empty'],
  authFailed: ['invalidArgument', 'etcdserver: authentication failed, invalid user ID or password'],
  permissionNotGiven: ['invalidArgument', 'etcdserver: permission not given'],
  invalidAuthMgmt: ['invalidArgument', 'etcdserver: invalid auth management'],
  authOldRevision: ['invalidArgument', 'etcdserver: revision of auth store is old'],
  wrongDowngradeVersionFormat: [
    'invalidArgument',
    'etcdserver: wrong downgrade target version format',
  ],
  invalidDowngradeTargetVersion: [
    'invalidArgument',
    'etcdserver: invalid downgrade target version',
  ],
  compacted: ['outOfRange', 'etcdserver: mvcc: required revision has been compacted'],
  futureRev: ['outOfRange', 'etcdserver: mvcc: required revision is a future revision'],
  leaseTtlTooLarge: ['outOfRange', 'etcdserver: too large lease TTL'],
  noSpace: ['resourceExhausted', 'etcdserver: mvcc: database space exceeded'],
  // grpc-go's own text, with both sizes after it: server.go sendResponse.
  answerTooLarge: ['resourceExhausted', 'grpc: trying to send message larger than max'],
  // Ours: etcd makes no file for a snapshot. Its clients try again only after Unavailable.
  noSpaceForSnapshot: ['resourceExhausted', 'etcdserver: not enough disk space for a snapshot'],
  // etcd: grpc-go is handed the client-side error here, which carries no status, and sends Unknown.
  tooManyRequests: ['unknown', 'etcdserver: too many requests'],
  leaseNotFound: ['notFound', 'etcdserver: requested lease not found'],
  memberNotFound: ['notFound', 'etcdserver: member not found'],
  leaseExist: ['failedPrecondition', 'etcdserver: lease already exists'],
  memberExist: ['failedPrecondition', 'etcdserver: member ID already exist'],
  peerUrlExist: ['failedPrecondition', 'etcdserver: Peer URLs already exists'],
  // etcd: grpc-go is handed the client-side error here, which carries no status, and sends Unknown.
  memberNotEnoughStarted: [
    'unknown',
    'etcdserver: re-configuration failed due to not enough started members',
  ],
  memberNotLearner: ['failedPrecondition', 'etcdserver: can only promote a learner member'],
  learnerNotReady: [
    'failedPrecondition',
    'etcdserver: can only promote a learner member which is in sync with leader',
  ],
  tooManyLearners: ['failedPrecondition', 'etcdserver: too many learner members in cluster'],
  clusterIdMismatch: ['failedPrecondition', 'etcdserver: cluster ID mismatch'],
  rootUserNotExist: ['failedPrecondition', 'etcdserver: root user does not exist'],
  rootRoleNotExist: ['failedPrecondition', 'etcdserver: root user does not have root role'],
  userAlreadyExist: ['failedPrecondition', 'etcdserver: user name already exists'],
  userNotFound: ['failedPrecondition', 'etcdserver: user name not found'],
  roleAlreadyExist: ['failedPrecondition', 'etcdserver: role name already exists'],
  roleNotFound: ['failedPrecondition', 'etcdserver: role name not found'],
  roleNotGranted: ['failedPrecondition', 'etcdserver: role is not granted to the user'],
  permissionNotGranted: ['failedPrecondition', 'etcdserver: permission is not granted to the role'],
  authNotEnabled: ['failedPrecondition', 'etcdserver: authentication is not enabled'],
  notLeader: ['failedPrecondition', 'etcdserver: not leader'],
  notCapable: ['failedPrecondition', 'etcdserver: not capable'],
  notSupportedForLearner: ['failedPrecondition', 'etcdserver: rpc not supported for learner'],
  badLeaderTransferee: ['failedPrecondition', 'etcdserver: bad leader transferee'],
  clusterVersionUnavailable: [
    'failedPrecondition',
    'etcdserver: cluster version not found during downgrade',
  ],
  downgradeInProcess: ['failedPrecondition', 'etcdserver: cluster has a downgrade job in progress'],
  noInflightDowngrade: ['failedPrecondition', 'etcdserver: no inflight downgrade job'],
  permissionDenied: ['permissionDenied', 'etcdserver: permission denied'],
  invalidAuthToken: ['unauthenticated', 'etcdserver: invalid auth token'],
  noLeader: ['unavailable', 'etcdserver: no leader'],
  leaderChanged: ['unavailable', 'etcdserver: leader changed'],
  stopped: ['unavailable', 'etcdserver: server stopped'],
  timeout: ['unavailable', 'etcdserver: request timed out'],
  timeoutDueToLeaderFail: [
    'unavailable',
    'etcdserver: request timed out, possibly due to previous leader failure',
  ],
  timeoutDueToConnectionLost: [
    'unavailable',
    'etcdserver: request timed out, possibly due to connection lost',
  ],
  timeoutWaitAppliedIndex: [
    'unavailable',
    'etcdserver: request timed out, waiting for the applied index took too long',
  ],
  unhealthy: ['unavailable', 'etcdserver: unhealthy cluster'],
  corrupt: ['dataLoss', 'etcdserver: corrupt cluster'],
  watchCanceled: ['canceled', 'etcdserver: watch canceled'],
  canceled: ['canceled', 'etcdserver: request canceled'],
  deadlineExceeded: ['deadlineExceeded', 'etcdserver: context deadline exceeded'],
  timeoutLeaderTransfer: [
    'unknown',
    'etcdserver: request timed out, leader transfer took too long',
  ],
} as const;

export type EtcdErrorCode = keyof typeof ERROR_TABLE;

/** An error of the table: bad input or a failed operation, told to the client. Compare by `code`. */
export class EtcdError extends Error {
  override readonly name: string = 'EtcdError';
  readonly code: EtcdErrorCode;

  /** `detail` follows the text of the table. */
  constructor(
    code: EtcdErrorCode,
    options?: { readonly cause?: unknown; readonly detail?: string },
  ) {
    const text = ERROR_TABLE[code][1];
    super(options?.detail === undefined ? text : `${text} ${options.detail}`, options);
    this.code = code;
  }

  /** The gRPC status that goes with this error. */
  get status(): GrpcStatusCode {
    return GrpcStatus[ERROR_TABLE[this.code][0]];
  }
}

/** True for an error of the table, whichever copy of this module made it. */
export function isEtcdError(error: unknown): error is EtcdError {
  return error instanceof Error && error.name === 'EtcdError' && 'code' in error;
}
