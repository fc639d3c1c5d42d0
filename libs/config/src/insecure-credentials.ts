/**
 * Whether a URL would send a user or a password in plain text. The go command refuses to ask such a URL, an empty user
 * included and whatever GOINSECURE says (cmd/go/internal/web, get: "refusing to pass credentials to insecure URL").
 */
export function hasInsecureCredentials(url: string): boolean {
  return /^http:\/\/[^/?#]*@/i.test(url);
}
