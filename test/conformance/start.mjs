// Runs the conformance table from its sources, as the test runner does with the tests.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('run.ts', import.meta.url)), { logLevel: 'error' });
