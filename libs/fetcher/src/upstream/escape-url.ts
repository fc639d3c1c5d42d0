/** Percent-encodes a path as cmd/go does (modfetch pathEscape): `!` becomes `%21`, `+` and `@` stay, `/` too. */
export function escapeUrlPath(path: string): string {
  // Nearly every path is made of these alone.
  if (/^[\w./@+:=&$~-]*$/.test(path)) return path;
  return encodeURIComponent(path)
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%(?:2F|24|26|2B|3A|3D|40)/g, decodeURIComponent);
}
