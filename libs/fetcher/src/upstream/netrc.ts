/** A user of a host. */
export interface NetrcEntry {
  readonly machine: string;
  readonly login: string;
  readonly password: string;
}

/**
 * Reads a netrc file as the go command does (cmd/go/internal/auth): `machine`, `login` and `password` in any order of
 * lines, macros passed over. `default` gives nothing; alone at the end of a line it ends the file.
 */
export function parseNetrc(text: string): NetrcEntry[] {
  const entries: NetrcEntry[] = [];
  let entry = { machine: '', login: '', password: '' };
  let inMacro = false;
  for (const line of text.split('\n')) {
    if (inMacro) {
      inMacro = line !== '';
      continue;
    }
    const words = line.trim().split(/\s+/);
    let at = 0;
    for (; at + 1 < words.length; at += 2) {
      const [name, value = ''] = words.slice(at, at + 2);
      if (name === 'machine') entry = { machine: value, login: '', password: '' };
      else if (name === 'login' || name === 'password') entry[name] = value;
      else if (name === 'macdef') inMacro = true;
      if (entry.machine && entry.login && entry.password) {
        entries.push(entry);
        entry = { machine: '', login: '', password: '' };
      }
    }
    if (words[at] === 'default') break;
  }
  return entries;
}

/**
 * The entry of a URL: the one whose machine is its host, with a port that is not the default, or its host and the
 * beginning of its path; the longest of these, and of equal ones the first. Null for anything but https, as in go.
 */
export function netrcEntryFor(entries: readonly NetrcEntry[], url: URL): NetrcEntry | null {
  if (url.protocol !== 'https:') return null;
  let prefix = (url.host + url.pathname).replace(/\/$/, '');
  for (;;) {
    const found = entries.find(({ machine }) => machine === prefix);
    if (found) return found;
    const slash = prefix.lastIndexOf('/');
    if (slash === -1) return null;
    prefix = prefix.slice(0, slash);
  }
}
