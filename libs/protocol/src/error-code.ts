/** The code of an error of the system (`ENOENT`) or of a client (`UND_ERR_SOCKET`); undefined: it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const NO_ROOM: ReadonlySet<string | undefined> = new Set(['EDQUOT', 'EMFILE', 'ENFILE', 'ENOSPC', 'EROFS']);

/** Tells whether an error says of the place that is written to, not of what is read, that it takes no more. */
export function isLackOfRoom(error: unknown): boolean {
  return NO_ROOM.has(errorCode(error));
}
