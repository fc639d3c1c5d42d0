// Runs the fuzzer from the sources, as the test runner does with the tests.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const libs = fileURLToPath(new URL('../../libs/', import.meta.url));

await runnerImport(fileURLToPath(new URL('run.ts', import.meta.url)), {
  logLevel: 'error',
  resolve: { alias: [{ find: /^#libs\/(\w+)$/, replacement: `${libs}$1/src/index.ts` }] },
});
