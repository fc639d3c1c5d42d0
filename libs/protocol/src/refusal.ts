/** Why a request is refused. What answers over HTTP alone maps a kind to a status (REFUSAL_STATUS). */
export type RefusalKind =
  | 'not-found'
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'method'
  | 'limited'
  | 'busy'
  | 'upstream'
  | 'timeout'
  | 'internal';

/**
 * An expected refusal, as a value: what jobs return, what the refusal cache keeps.
 * `message` is one printable line for the client, `<what was asked>: <reason>`, without the kind, without
 * local paths, credentials or internal addresses.
 */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly message: string;
}

/** A refusal that is thrown. Anything else that is thrown is a fault of our own. */
export class RefusalError extends Error implements Refusal {
  override readonly name = 'RefusalError';

  constructor(
    readonly kind: RefusalKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The plain value, fit for JSON. */
  toRefusal(): Refusal {
    return { kind: this.kind, message: this.message };
  }

  /** The plain value, with what was asked in front where the message does not say it: a storage can't know. */
  about(subject: string): Refusal {
    return {
      kind: this.kind,
      message: this.message.startsWith(subject) ? this.message : `${subject}: ${this.message}`,
    };
  }
}

/** A refusal of kind `busy` for want of what this worker lacks and another may have: room, a program, memory. */
export class LacksError extends RefusalError {
  constructor(message: string, options?: ErrorOptions) {
    super('busy', message, options);
  }
}
