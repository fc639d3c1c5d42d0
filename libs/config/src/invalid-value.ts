/** What a parser of settings throws. `message` completes the sentence that begins with the value: `is not a duration`. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}
