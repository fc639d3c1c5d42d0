/** What a go-import tag says: `prefix vcs root [subdirectory]`. */
interface Import {
  readonly root: string;
  readonly content: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads the go-import tags of a page: of its head alone, and of no comment, as go does (cmd/go/internal/vcs,
 * parseMetaGoImports): what else a page shows may be anybody's. What go may read there and this does not
 * is no loss of safety, for go gets `importPage` of what was read in place of the page.
 */
export function readImports(html: string): readonly Import[] {
  const [head = ''] = html.replaceAll(/<!--.*?(?:-->|$)/gs, '').split(/<body\b|<\/head\b/i, 1);
  return [...head.matchAll(/<meta\s[^<>]*>/gi)].flatMap(([tag]) => {
    const attribute = (name: string): string => {
      const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(tag);
      return unescape(found?.[1] ?? found?.[2] ?? found?.[3] ?? '');
    };
    const fields = attribute('content').split(/\s+/).filter(Boolean);
    const [, , root = ''] = fields;
    return attribute('name') === 'go-import' ? [{ root, content: fields.join(' ') }] : [];
  });
}

/** A page with these tags and nothing else. */
export function importPage(imports: readonly Import[]): string {
  const tags = imports.map(({ content }) => `<meta name="go-import" content="${escape(content)}">`);
  return `<!DOCTYPE html><html><head>${tags.join('')}</head><body></body></html>\n`;
}

/**
 * What a tag has go ask by itself: a module proxy (`mod`), and before go 1.25 also a repository that git could not read,
 * where it is on the web (cmd/go/internal/modfetch/codehost, loadRefs). Null: nothing.
 */
export function askedByGo({ root }: Import): URL | null {
  const url = URL.parse(root);
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}

function unescape(text: string): string {
  return text.replaceAll(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));?/gi, (whole, hex, decimal, name) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
