import type { Command } from 'commander';
import type { ImportOptions } from './import/run-import.js';

/** Adds `stoa import`. */
export function addImport(program: Command): void {
  program
    .command('import')
    .description('store what another proxy, a bucket, a folder or a module cache has')
    .argument('<source>', "a folder, s3://bucket/prefix, or a GOPROXY's URL")
    .option('--list <file>', 'versions to import from a GOPROXY, module@version a line; - is stdin')
    .option('--endpoint <url>', "the bucket's server (else AWS_ENDPOINT_URL, else STOA_S3_ENDPOINT)")
    .option('--region <name>', "the bucket's region (else AWS_REGION)")
    .option('--virtual-host', 'the bucket is a host name, http://bucket.host/key')
    .option('--report <file>', 'write a JSON line for each version that was left out, and why')
    .option('--quiet', 'show no progress')
    .action(async (source: string, options: ImportOptions) => {
      const { runImport } = await import('./import/run-import.js');
      process.exit(await runImport(source, options));
    });
}
