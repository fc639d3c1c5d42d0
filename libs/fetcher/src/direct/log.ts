/** Takes a log line. Fields hold no secret. */
export type Log = (level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void;
