/** A failure that a person can act on: its message is one printable line that says what to do, and no stack follows. */
export class ExpectedFailure extends Error {
  override readonly name = 'ExpectedFailure';
}
