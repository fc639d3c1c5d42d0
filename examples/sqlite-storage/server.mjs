// A storage server for Stoa in one file, on SQLite: node server.mjs [host:port] [database file]
// It has the six basic routes and the objects of docs/external-storage.md. STORAGE_TOKEN names a bearer token.
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const [address = '127.0.0.1:8080', file = 'storage.sqlite'] = process.argv.slice(2);
const token = process.env.STORAGE_TOKEN;
const PAGE = 1000;
const CHUNK = 256 * 1024;
/** Up to this size an object is read in one go: nobody can replace it meanwhile. */
const SMALL = 1024 * 1024;

// A key leads to a content, which lies in chunks of its own: an upload becomes visible by one row, at its end.
const db = new DatabaseSync(file);
db.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS objects (key TEXT PRIMARY KEY, content TEXT NOT NULL, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, etag TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS chunks (content TEXT, n INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (content, n));
  DELETE FROM chunks WHERE content NOT IN (SELECT content FROM objects);
`);
const sql = {
  find: db.prepare('SELECT * FROM objects WHERE key = ?'),
  list: db.prepare('SELECT * FROM objects WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?'),
  place: db.prepare('INSERT OR REPLACE INTO objects (key, content, size, modified, etag) VALUES (?, ?, ?, ?, ?)'),
  remove: db.prepare('DELETE FROM objects WHERE key = ?'),
  add: db.prepare('INSERT INTO chunks (content, n, bytes) VALUES (?, ?, ?)'),
  chunk: db.prepare('SELECT bytes FROM chunks WHERE content = ? AND n = ?'),
  drop: db.prepare('DELETE FROM chunks WHERE content = ?'),
};

class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** Puts bytes into chunks that no key leads to yet. */
async function receive(source, size) {
  const content = { id: randomUUID(), size: 0 };
  const hash = createHash('sha256');
  let held = Buffer.alloc(0);
  let n = 0;
  const flush = (bytes) => sql.add.run(content.id, n++, bytes);
  try {
    for await (const bytes of source) {
      hash.update(bytes);
      content.size += bytes.length;
      held = Buffer.concat([held, bytes]);
      for (; held.length >= CHUNK; held = held.subarray(CHUNK)) flush(held.subarray(0, CHUNK));
    }
    if (held.length > 0) flush(held);
    if (size !== undefined && content.size !== size) throw new Refusal(400, 'the body has another length');
    return { ...content, etag: hash.digest('hex') };
  } catch (error) {
    sql.drop.run(content.id);
    throw error;
  }
}

/** Makes keys lead to contents, all or none; a key whose `fixed` content is another one stops it. Gives how many are new. */
function place(entries) {
  db.exec('BEGIN IMMEDIATE');
  try {
    let placed = 0;
    for (const { key, content, fixed } of entries) {
      const former = sql.find.get(key);
      if (former && fixed) {
        if (former.etag !== content.etag) throw new Refusal(409, 'other bytes are stored, and never change');
        sql.drop.run(content.id);
        continue;
      }
      if (former) sql.drop.run(former.content);
      sql.place.run(key, content.id, content.size, Date.now(), content.etag);
      placed++;
    }
    db.exec('COMMIT');
    return placed;
  } catch (error) {
    db.exec('ROLLBACK');
    for (const { content } of entries) sql.drop.run(content.id);
    throw error;
  }
}

function remove(key) {
  const former = sql.find.get(key);
  if (former) sql.drop.run(former.content);
  sql.remove.run(key);
}

function* read({ content }, start, end) {
  for (let n = Math.floor(start / CHUNK); n * CHUNK <= end; n++) {
    const found = sql.chunk.get(content, n);
    if (!found) throw new Error('removed while it was read');
    yield Buffer.from(found.bytes).subarray(Math.max(0, start - n * CHUNK), end + 1 - n * CHUNK);
  }
}

async function send(request, response, key) {
  const found = sql.find.get(key);
  if (!found) throw new Refusal(404, 'not stored');
  const [size, etag] = [Number(found.size), String(found.etag)];
  const asked = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const start = asked ? Number(asked[1]) : 0;
  const end = asked ? Math.min(Number(asked[2]), size - 1) : size - 1;
  if (asked && start > end) throw new Refusal(416, 'no such range');
  response.setHeader('etag', `"${etag}"`).setHeader('last-modified', new Date(found.modified).toUTCString());
  if (asked) response.setHeader('content-range', `bytes ${start}-${end}/${size}`);
  response.writeHead(asked ? 206 : 200, { 'content-length': end - start + 1 });
  if (request.method === 'HEAD') return response.end();
  const bytes = read(found, start, end);
  return size <= SMALL ? response.end(Buffer.concat([...bytes])) : pipeline(Readable.from(bytes), response);
}

async function put(request, response, key) {
  const length = request.headers['content-length'];
  if (length === undefined) throw new Refusal(411, 'a PUT has a Content-Length');
  const create = request.headers['if-none-match'] === '*';
  if (create && sql.find.get(key)) throw new Refusal(412, 'it exists');
  // The files of a version are created once, whatever a client says.
  const fixed = create || (!key.startsWith('.meta/') && /\/@v\/[^/]+\.(info|mod|zip)$/.test(key));
  const content = await receive(request, Number(length));
  // Another create may have come first while the body came in.
  if (create && sql.find.get(key)) sql.drop.run(content.id);
  else return response.writeHead(place([{ key, content, fixed }]) > 0 ? 201 : 200).end();
  throw new Refusal(412, 'it exists');
}

function page(response, query) {
  const prefix = query.get('prefix') ?? '';
  const limit = Math.min(Number(query.get('limit') ?? PAGE), PAGE);
  // Keys are ASCII: what begins with the prefix sorts before the prefix and a DEL.
  const found = limit > 0 ? sql.list.all(prefix, `${prefix}\x7f`, query.get('after') ?? '', limit + 1) : [];
  const objects = found.slice(0, limit).map(({ key, size, modified }) => ({ key, size, modified: new Date(modified) }));
  response.end(JSON.stringify({ objects, more: found.length > limit }));
}

function versions(response, folder) {
  const names = sql.list.all(folder, `${folder}\x7f`, '', -1).map(({ key }) => key.slice(folder.length));
  const listed = names.filter((name) => name.endsWith('.info')).map((name) => name.slice(0, -'.info'.length));
  response.end(listed.map((name) => `${name.replaceAll(/!([a-z])/g, (_, c) => c.toUpperCase())}\n`).join(''));
}

async function save(request, response, base) {
  // In memory: Stoa itself puts one object after the other where a server has them.
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const form = await new Response(Readable.toWeb(request), { headers }).formData().catch(() => new FormData());
  const files = ['mod', 'zip', 'info'].map((kind) => ({ key: `${base}.${kind}`, part: form.get(`mod.${kind}`) }));
  if (!files.every(({ part }) => part instanceof File)) throw new Refusal(400, 'a part is missing');
  const entries = [];
  for (const { key, part } of files) entries.push({ key, content: await receive(part.stream()), fixed: true });
  place(entries);
  response.writeHead(200).end();
}

async function answer(request, response) {
  response.setHeader('stoa-storage', '1');
  if (token && request.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, 'a token is needed');
  const { method } = request;
  const reads = method === 'GET' || method === 'HEAD';
  const url = new URL(request.url, 'http://storage');
  const path = decodeURIComponent(url.pathname);
  if (path === '/-/objects' && reads) return page(response, url.searchParams);
  if (path.startsWith('/-/objects/')) {
    const key = path.slice('/-/objects/'.length);
    if (reads) return send(request, response, key);
    if (method === 'PUT') return put(request, response, key);
    if (method !== 'DELETE') throw new Refusal(405, 'not served here');
    remove(key);
    return response.writeHead(204).end();
  }
  const [, folder, name, kind] = /^\/(.+\/@v\/)(.+?)(?:\.(info|mod|zip|save|delete))?$/.exec(path) ?? [];
  if (name === 'list' && !kind && reads) return versions(response, folder);
  if (!kind) throw new Refusal(404, 'no such route');
  // Athens sends versions as they are.
  const base = folder + name.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  if (kind === 'save' && method === 'POST') return save(request, response, base);
  if (!['save', 'delete'].includes(kind) && reads) return send(request, response, `${base}.${kind}`);
  if (kind !== 'delete' || method !== 'DELETE') throw new Refusal(405, 'not served here');
  for (const part of ['info', 'mod', 'zip']) remove(`${base}.${part}`);
  response.writeHead(200).end();
}

const server = createServer({ requestTimeout: 0 }, (request, response) => {
  answer(request, response).catch((error) => {
    if (!(error instanceof Refusal) && !request.destroyed) console.error(error);
    // The rest of a body that was left in its middle stands between the connection and its next request.
    if (request.destroyed) response.shouldKeepAlive = false;
    if (response.headersSent) response.destroy();
    else response.writeHead(error.status ?? 500, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
  });
});
const { hostname, port } = new URL(`http://${address}`);
server.listen(Number(port || 80), hostname, () => console.log(`http://${hostname}:${server.address().port}`));
