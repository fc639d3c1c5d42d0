import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
await runnerImport(fileURLToPath(new URL('zz-only.ts', import.meta.url)), { logLevel: 'error' });
