import { InvalidXMLError, S3Error } from 'minio';
import { RefusalError } from '#libs/protocol';
import { orRefusal } from '../network-fault.js';

/** The answer to HEAD has no body, so that the client can only say NotFound: the caller must look at the bucket. */
const ABSENT = new Set(['NoSuchKey', 'NotFound', 'KeyTooLongError', 'XMinioInvalidObjectName']);
const DENIED = new Set([
  'AccessDenied',
  'Forbidden',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'InvalidTokenId',
  'TokenRefreshRequired',
  'RequestTimeTooSkewed',
  // Signed for another region.
  'AuthorizationHeaderMalformed',
  'XAdminUserNotFound',
]);
const FULL = new Set(['XMinioStorageFull', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded']);

/** A header asks for what the server does not have. */
export const NOT_IMPLEMENTED = 'NotImplemented';

/** Tells whether the server says that there is no such object. A bucket that is gone is none of it. */
export function isAbsent(error: unknown): boolean {
  return error instanceof S3Error && ABSENT.has(error.code ?? '');
}

/** Tells whether a range was asked for that the object does not have. */
export function isBeyondRange(error: unknown): boolean {
  return error instanceof S3Error && error.code === 'InvalidRange';
}

/** Tells whether a refusal is of what the server does not have. */
export function isNotImplemented(error: unknown): boolean {
  return error instanceof RefusalError && (error.cause as { code?: unknown } | undefined)?.code === NOT_IMPLEMENTED;
}

/** Turns what the S3 client throws into a refusal without endpoint and credentials; what is no fault of S3 stays. */
export function translateS3Error(error: unknown): unknown {
  if (error instanceof RefusalError) return error;
  // The client's own error would carry the access key into the log.
  if (error instanceof S3Error) return s3Refusal(error.code || 'unknown');
  if (error instanceof InvalidXMLError) return s3Refusal('no answer of an S3 server');
  // The client wraps what its credentials fail with.
  if (error instanceof Error && error.cause instanceof RefusalError) return error.cause;
  return orRefusal(error);
}

/** Gives the refusal for an error code of S3. */
export function s3Refusal(code: string): RefusalError {
  const cause = Object.assign(new Error(`S3: ${code}`), { code });
  if (DENIED.has(code)) return new RefusalError('busy', 'the storage denies access', { cause });
  if (FULL.has(code)) return new RefusalError('busy', 'the storage is full', { cause });
  if (code === 'NoSuchBucket') return new RefusalError('busy', 'the storage is not there', { cause });
  return new RefusalError('busy', 'the storage fails', { cause });
}
