import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NextFunction, Request, Response } from 'express';
import { ProblemError } from '../http/problem.js';
import { pageHeaders } from '../http/security.headers.js';
import { PageFiles, type PageFile } from './page.files.js';

/** What a program that asks for `/` is told; people get the page. */
const INDEX = {
  name: 'Ordermill',
  links: {
    status_page: '/',
    docs: '/docs',
    openapi: '/openapi.json',
    orders: '/orders',
    metrics: '/metrics',
    metrics_stream: '/metrics/stream',
    events: '/events',
    health: '/health/ready',
  },
};

const FILE = /^\/page\/([\w-]{1,40})\/([\w./-]{1,100})$/;

/**
 * The status page at `/`, and its files under `/page/<version>/`. Tried after the routes of all controllers, which it costs
 * nothing so.
 */
@Injectable()
export class StatusPage implements OnModuleInit {
  readonly #files = new PageFiles();

  constructor(private readonly host: HttpAdapterHost) {}

  /** How `/docs` gets the look of the page. */
  get docsLook() {
    return {
      customSiteTitle: 'Ordermill API',
      customfavIcon: this.#files.urlOf('icon.svg'),
      customCssUrl: [this.#files.urlOf('styles/tokens.css'), this.#files.urlOf('docs/docs.css')],
      customJs: [this.#files.urlOf('docs/docs.js')],
    };
  }

  /** Nest calls this after it has added the controllers' routes, and before its own answer 404. */
  onModuleInit(): void {
    this.host.httpAdapter.use((request: Request, response: Response, next: NextFunction) => {
      if (request.path === '/') readOnly(request, next, () => this.#index(request, response));
      else this.#asset(request, response, next);
    });
  }

  /** The page for who prefers HTML, as browsers do; a list of links for all others, such as curl. */
  #index(request: Request, response: Response): void {
    response.vary('Accept').setHeader('cache-control', 'no-cache');
    const page = request.accepts('json', 'html') === 'html' && this.#files.get('index.html');
    if (page) pageHeaders(request, response, () => send(response, page));
    else response.type('json').send(`${JSON.stringify(INDEX, undefined, 2)}\n`);
  }

  /** A page of another version gets these files too, for the moment in which a server is replaced; it may not keep them. */
  #asset(request: Request, response: Response, next: NextFunction): void {
    const [, version, name = ''] = FILE.exec(request.path) ?? [];
    const file = name === 'index.html' ? undefined : this.#files.get(name);
    if (!file) return next();
    readOnly(request, next, () => {
      const isOurs = version === this.#files.version;
      response.setHeader('cache-control', isOurs ? 'public, max-age=31536000, immutable' : 'no-cache');
      send(response, file);
    });
  }
}

/** Also answers HEAD, and 304 where the client has it already. */
function send(response: Response, { type, etag, content }: PageFile): void {
  response.setHeader('etag', etag);
  response.setHeader('content-type', type);
  response.send(content);
}

function readOnly({ method }: Request, next: NextFunction, answer: () => void): void {
  if (method === 'GET' || method === 'HEAD') answer();
  else next(new ProblemError(405, `${method} is not allowed here.`, { headers: { allow: 'GET' } }));
}
