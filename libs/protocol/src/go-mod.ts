import { isPrintable, quote } from './printable.js';

function mustQuote(text: string): boolean {
  return (
    text === '' || /[ "'`]|\/\/|\/\*/.test(text) || (text.length > 1 && /[()[\]{},]/.test(text)) || !isPrintable(text)
  );
}

/** Quotes a text where a go.mod file needs that (x/mod modfile.AutoQuote). */
export function autoQuote(text: string): string {
  return mustQuote(text) ? quote(text, '"') : text;
}

/** Makes the go.mod file of a module that has none, byte for byte as go does: its hash is in every go.sum file (modfetch.LegacyGoMod). */
export function synthesizedMod(module: string): Buffer {
  return Buffer.from(`module ${autoQuote(module)}\n`);
}
