/** A failure that a person can act on: its message is one printable line that says what to do, and no stack follows. */
export class ExpectedFailure extends Error {
  override readonly name: string = 'ExpectedFailure';
}

/** A command that was typed wrong: exit code 2. */
export class UsageFailure extends ExpectedFailure {
  override readonly name = 'UsageFailure';
}
