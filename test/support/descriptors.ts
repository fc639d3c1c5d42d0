import { readdir, readFile, readlink } from 'node:fs/promises';

/** What a process holds open, as Linux tells it: a path, `socket:[<inode>]`, `pipe:[<inode>]`, ... */
export async function descriptors(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  // One that is closed meanwhile is not open.
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => null)));
  return targets.filter((target) => target !== null);
}

/** The connections of a process to a TCP port on 127.0.0.1; `unread` are those with bytes that it has not read yet. */
export async function connectionsTo(pid: number, port: number): Promise<{ all: number; unread: number }> {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const [table, held] = await Promise.all([readFile(`/proc/${pid}/net/tcp`, 'utf8'), descriptors(pid)]);
  const sockets = new Set(held);
  const open = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , to, , , , , , , inode]) => to === remote && sockets.has(`socket:[${inode}]`));
  const unread = open.filter(([, , , , queues]) => Number.parseInt(queues?.split(':')[1] ?? '', 16) > 0);
  return { all: open.length, unread: unread.length };
}

/** The memory that a process has in use now, in bytes. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
