import { Ajv, type ValidateFunction } from 'ajv';

export type Schema = Record<string, unknown>;

export interface Operation {
  parameters?: { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
  'x-required-scope'?: string;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** What a server may answer to any request, documented with the route or not: it says what HTTP has to say. */
const GENERIC = new Set([304, 400, 401, 404, 405, 408, 413, 415, 431]);

/** Holds answers against the OpenAPI document of the server that gave them. */
export class Contract {
  readonly #ajv = new Ajv({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #routes: { pattern: RegExp; path: string }[];

  constructor(readonly document: Document) {
    this.#ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const paths = Object.keys(document.paths).sort(
      (a, b) => Number(a.includes('{')) - Number(b.includes('{')),
    );
    this.#routes = paths.map((path) => ({
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
      path,
    }));
  }

  /** What is wrong with an answer; undefined when nothing is. */
  breach(method: string, target: string, status: number, type: string, body: string): string | undefined {
    if (status >= 500) return `${status} ${body}`;
    const { path, route, verb } = this.#find(method, target);
    const documented = this.document.paths[route]?.[verb]?.responses[status];
    if (!documented && !GENERIC.has(status) && !isPage(path))
      return `${status} is not documented for ${method} ${route}`;
    if (!/[/+]json/.test(type) || body === '' || isPage(path)) return undefined;
    const schema = Object.values(documented?.content ?? {})[0]?.schema ?? {
      $ref: '#/components/schemas/Problem',
    };
    return this.#mismatch(`${route} ${verb} ${documented ? status : 'generic'}`, schema, body);
  }

  /** The scope that a request needs; undefined: none, or there is no such operation. */
  scopeOf(method: string, target: string): string | undefined {
    const { route, verb } = this.#find(method, target);
    return this.document.paths[route]?.[verb]?.['x-required-scope'];
  }

  #find(method: string, target: string) {
    const path = target.replace(/\?.*$/s, '').replace(/^\/order(?=\/|$)/i, '/orders'); // the alias
    const verb = method.toLowerCase() === 'head' ? 'get' : method.toLowerCase();
    const routes = this.#routes.filter(({ pattern }) => pattern.test(path));
    const route = routes.find((one) => this.document.paths[one.path]?.[verb]) ?? routes[0]; // GET /orders/batch is an order's
    return { path, route: route?.path ?? '', verb };
  }

  #mismatch(key: string, schema: Schema, body: string): string | undefined {
    let validate = this.#validators.get(key);
    if (!validate) {
      validate = this.#ajv.compile({ ...schema, components: this.document.components });
      this.#validators.set(key, validate);
    }
    if (validate(JSON.parse(body))) return undefined;
    return `${key}: ${this.#ajv.errorsText(validate.errors)} in ${body.slice(0, 300)}`;
  }
}

/** The document and its page describe the rest; nothing describes them. */
function isPage(path: string): boolean {
  return /^\/(docs|openapi)/.test(path);
}
