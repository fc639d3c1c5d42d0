import { All, Controller, Header, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readVersion } from '#libs/observability';
import { BASE_PATH } from './tokens.js';

/** The pages for people and crawlers. `All` is GET and HEAD here: other methods do not come this far. */
@Controller()
export class HomeController {
  private readonly version = readVersion().version;

  constructor(@Inject(BASE_PATH) private readonly basePath: string) {}

  /** Says how to set GOPROXY to this server. */
  @All('/')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-store')
  home(@Req() request: FastifyRequest): string {
    const url = escapeHtml(`${request.protocol}://${request.host}${this.basePath}`);
    return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Stoa</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}pre{background:#8881;padding:1rem;overflow:auto}</style>
<h1>Stoa</h1>
<p>This is a Go module proxy. To use it:</p>
<pre>go env -w GOPROXY=${url}</pre>
<p>or for one shell:</p>
<pre>export GOPROXY=${url}</pre>
<p><small>Stoa ${escapeHtml(this.version)} &middot; <a href="${escapeHtml(this.basePath)}/readyz">readiness</a></small></p>
</html>
`;
  }

  @All('/robots.txt')
  @Header('content-type', 'text/plain; charset=utf-8')
  robots(): string {
    return 'User-agent: *\nDisallow: /\n';
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
