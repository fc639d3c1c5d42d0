import type { ProcessMark } from './process-identity.js';

/** What a standalone runs, written down so that the next one can end what a crash left over. */
export interface RunRecord {
  readonly supervisor: ProcessMark;
  /** By name, in the order in which they were first started. */
  readonly members: Readonly<Record<string, ProcessMark>>;
  /** The folder of the private Redis' socket. */
  readonly socketFolder?: string;
}

/** Reads a record. Null for anything else, such as a file that a crash of the machine cut short. */
export function parseRunRecord(text: string): RunRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isRunRecord(value) ? value : null;
}

function isRunRecord(value: unknown): value is RunRecord {
  if (!isObject(value) || !('supervisor' in value) || !('members' in value)) return false;
  if ('socketFolder' in value && typeof value.socketFolder !== 'string') return false;
  return isMark(value.supervisor) && isObject(value.members) && Object.values(value.members).every(isMark);
}

function isMark(value: unknown): value is ProcessMark {
  return (
    isObject(value) &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'began' in value &&
    typeof value.began === 'string'
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
