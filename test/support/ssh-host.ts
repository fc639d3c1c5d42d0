import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2';

import type { Hang } from './git-host.js';
import { fixtureGitEnv, GitRepository, type GitStep } from './git-repository.js';

/** A pair of ssh keys. */
export interface SshKeys {
  /** As ssh-keygen writes it into a file. */
  readonly private: string;
  /** `ssh-ed25519 <base64>`, as it stands in known_hosts and authorized_keys. */
  readonly public: string;
}

/** What an ssh server reaches before it falls silent: the connection, or the command of a client that it let in. */
export type SshStep = 'connection' | 'command';

/** Makes a pair of keys. */
export function sshKeys(passphrase?: string): SshKeys {
  const { generateKeyPairSync } = ssh2.utils;
  if (passphrase === undefined) return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 1 });
}

/**
 * An ssh server on loopback that serves git repositories as version control hosts do: the user is `git`, one key opens
 * all, and the only command is `git-upload-pack '<path>'`, which the real git answers.
 *
 * ```ts
 * const host = await SshHost.start();
 * await host.createRepo('team/mod.git', [{ files: { 'go.mod': 'module example.com/mod\n' }, tags: ['v1.0.0'] }]);
 * // ssh://git@127.0.0.1:<host.port>/team/mod.git, with the key host.userKeys.private
 * await host.close();
 * ```
 */
export class SshHost {
  readonly userKeys = sshKeys();
  readonly hostKeys = sshKeys();
  /** What was asked: `connection`, `key <its kind>`, and each command, in their order. */
  readonly asked: string[] = [];
  port = 0;
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();
  private hanging: { readonly step: SshStep; readonly hang: Record<keyof Hang, PromiseWithResolvers<void>> } | null =
    null;

  private constructor(private readonly root: string) {
    const { Server: SshServer } = ssh2;
    const server = new SshServer({ hostKeys: [this.hostKeys.private], banner: 'Authorized users only.' }, (client) =>
      this.serve(client),
    );
    this.listener = createServer((socket) => {
      this.asked.push('connection');
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.sockets.delete(socket));
      if (!this.fallSilent('connection', socket)) server.injectSocket(socket);
    });
  }

  static async start(): Promise<SshHost> {
    const host = new SshHost(await mkdtemp(join(tmpdir(), 'ssh-host-')));
    host.listener.listen(0, '127.0.0.1');
    await once(host.listener, 'listening');
    const address = host.listener.address();
    host.port = typeof address === 'object' && address ? address.port : 0;
    return host;
  }

  /** Makes a repository at a path of its URL, such as `team/mod.git`. */
  async createRepo(path: string, steps: readonly GitStep[] = []): Promise<GitRepository> {
    const repository = await GitRepository.create(join(this.root, path));
    if (steps.length > 0) await repository.push(...steps);
    return repository;
  }

  /** Says nothing more to the next client that comes so far. */
  hang(step: SshStep): Hang {
    const hang = { arrived: Promise.withResolvers<void>(), abandoned: Promise.withResolvers<void>() };
    this.hanging = { step, hang };
    return { arrived: hang.arrived.promise, abandoned: hang.abandoned.promise };
  }

  /** Breaks all connections. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    this.drop();
    await closed;
    await rm(this.root, { recursive: true, force: true });
  }

  private fallSilent(step: SshStep, end: Socket | ServerChannel): boolean {
    if (this.hanging?.step !== step) return false;
    const { hang } = this.hanging;
    this.hanging = null;
    end.once('close', () => hang.abandoned.resolve());
    // It closes once it has read the other's end.
    end.resume();
    hang.arrived.resolve();
    return true;
  }

  private serve(client: Connection): void {
    client.on('error', () => client.end());
    client.on('authentication', (attempt) => this.authenticate(attempt));
    client.on('ready', () => {
      client.on('session', (accept) => this.open(accept()));
    });
  }

  private authenticate(attempt: AuthContext): void {
    if (attempt.method !== 'publickey') return attempt.reject(['publickey']);
    const { key, blob, signature, hashAlgo } = attempt;
    this.asked.push(`key ${key.algo}`);
    const allowed = ssh2.utils.parseKey(this.userKeys.public);
    if (allowed instanceof Error) throw allowed;
    // Without a signature it is a question whether the key would do. What can't be verified comes as an Error.
    const proven = !blob || !signature || (allowed.verify(blob, signature, hashAlgo) as boolean | Error) === true;
    if (attempt.username === 'git' && key.data.equals(allowed.getPublicSSH()) && proven) attempt.accept();
    else attempt.reject(['publickey']);
  }

  private open(session: Session): void {
    let protocol: string | undefined;
    session.on('env', (accept, _reject, { key, val }) => {
      // Without it git speaks protocol version 0, which can't fetch a commit by its hash.
      if (key === 'GIT_PROTOCOL') protocol = val;
      // Void where the client wants no answer.
      (accept as (() => void) | undefined)?.();
    });
    session.on('exec', (accept, reject, { command }) => {
      this.asked.push(command);
      const [, path] = /^git-upload-pack '\/((?!.*\.\.)[\w./-]+)'$/.exec(command) ?? [];
      if (path === undefined) return reject();
      const channel = accept();
      if (!this.fallSilent('command', channel)) uploadPack(join(this.root, path), protocol, channel);
    });
  }
}

/** The real `git upload-pack`, at the other end of a channel. */
function uploadPack(folder: string, protocol: string | undefined, channel: ServerChannel): void {
  const git = spawn('git', ['upload-pack', folder], {
    env: { ...fixtureGitEnv(), ...(protocol && { GIT_PROTOCOL: protocol }) },
  });
  channel.on('close', () => git.kill());
  git.stdin.on('error', () => git.stdin.destroy());
  channel.pipe(git.stdin);
  git.stdout.pipe(channel, { end: false });
  git.stderr.pipe(channel.stderr, { end: false });
  git.on('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}
