import { InvalidObjectNameError, S3Error } from 'minio';
import { RefusalError } from '#libs/protocol';

const TIMEOUTS = new Set(['ETIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);
/** The answer to HEAD has no body, so that the client can only say NotFound: the caller must look at the bucket. */
const ABSENT = new Set(['NoSuchKey', 'NotFound', 'KeyTooLongError', 'XMinioInvalidObjectName']);
const DENIED = new Set(['AccessDenied', 'Forbidden', 'InvalidAccessKeyId', 'SignatureDoesNotMatch']);
const FULL = new Set(['XMinioStorageFull', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded']);

/** Tells whether the server says that there is no such object. A bucket that is gone is none of it. */
export function isAbsent(error: unknown): boolean {
  // A name that is too long for the server can't have been stored.
  if (error instanceof InvalidObjectNameError) return true;
  return error instanceof S3Error && ABSENT.has(error.code ?? '');
}

/** Tells whether a range was asked for that the object does not have. */
export function isBeyondRange(error: unknown): boolean {
  return error instanceof S3Error && error.code === 'InvalidRange';
}

/** Tells whether the connection failed, not the server: worth another try. */
export function isConnectionFault(error: unknown): boolean {
  const code = systemCode(error);
  return code !== undefined && !TIMEOUTS.has(code);
}

/** Turns what the S3 client throws into a refusal without endpoint and credentials; what is no fault of S3 stays. */
export function translateS3Error(error: unknown): unknown {
  if (error instanceof RefusalError) return error;
  // The client's own error would carry the access key into the log.
  if (error instanceof S3Error) return s3Refusal(error.code ?? 'unknown');
  const code = systemCode(error);
  if (code === undefined) return error;
  return TIMEOUTS.has(code)
    ? new RefusalError('timeout', 'the storage does not answer', { cause: error })
    : new RefusalError('busy', 'the storage can not be reached', { cause: error });
}

/** Gives the refusal for an error code of S3. */
export function s3Refusal(code: string): RefusalError {
  const cause = new Error(`S3: ${code}`);
  if (DENIED.has(code)) return new RefusalError('busy', 'the storage denies access', { cause });
  if (FULL.has(code)) return new RefusalError('busy', 'the storage is full', { cause });
  if (code === 'NoSuchBucket') return new RefusalError('busy', 'the storage is not there', { cause });
  return new RefusalError('busy', 'the storage fails', { cause });
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof S3Error) return undefined;
  // A name with several addresses fails with one error for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? first.code : undefined;
  return typeof code === 'string' && !code.startsWith('ERR_') ? code : undefined;
}
