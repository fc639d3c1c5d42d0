/** Ends the process once all that was written to stdout is out: a pipe takes it in its own time. */
export function finish(exitCode: number): void {
  process.stdout.write('', () => process.exit(exitCode));
}
