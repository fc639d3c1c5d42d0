import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Environment } from '#libs/config';
import type { Recipe } from './member.js';

/** One of the two apps as a process of a standalone. */
export interface AppRecipe extends Recipe {
  /** Where the app serves, as it says itself; empty before that. */
  readonly url: string;
}

/**
 * Makes the recipe of an app: this command line once more, on the same Node, with our stdout and stderr. The IPC
 * channel tells us when it serves, and tells the app when we are gone: it stops then, even when we were killed.
 */
export function appRecipe(name: string, command: 'api' | 'worker', env: Environment): AppRecipe {
  let url = '';
  return {
    name,
    get url() {
      return url;
    },
    spawn: () =>
      spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL('main.js', import.meta.url)), command], {
        env,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        detached: true,
      }),
    ready: async (child) => {
      url = await toldUrl(child);
    },
  };
}

async function toldUrl(child: ChildProcess): Promise<string> {
  for (;;) {
    const [message]: unknown[] = await once(child, 'message');
    if (typeof message !== 'object' || message === null || !('ready' in message)) continue;
    return 'url' in message ? String(message.url) : '';
  }
}
