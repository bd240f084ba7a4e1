import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { API_KEY, SCOPE_EXTENSION } from '../access/scopes.js';
import { addExamples } from './openapi.examples.js';
import type { JsonSchema } from '../validation/json.schemas.js';

/** Aliases of `/orders` for clients of older systems: they work, and are not documented twice. */
const ALIAS = /^\/order(?=\/|$)/i;

const TAGS: Record<string, string> = {
  orders: 'Accept orders, ask what became of them, and act on those that wait or failed.',
  webhooks: 'Register endpoints that are told of transitions by signed posts, and see what was delivered.',
  events: 'Every transition of an order as it happens, as server-sent events.',
  metrics: 'How all orders together are doing.',
  health: 'Whether this process runs, and whether it takes orders: for load balancers and supervisors.',
};

const KEY_DESCRIPTION =
  'A key that `npm run keys -- create` made, with the scope that the operation needs. While the server has no keys, none is needed.';

type Webhooks = NonNullable<OpenAPIObject['webhooks']>;

/**
 * The OpenAPI document of the application's routes, in which `schemas` are the schemas of the validated classes, and of the
 * requests that it sends.
 */
export function createDocument(
  app: INestApplication,
  schemas: Record<string, JsonSchema>,
  webhooks: Webhooks,
): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Ordermill')
    .setDescription('Takes orders, processes them first come first served, and says what became of each.')
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT')
    .addBearerAuth({ type: 'http', description: KEY_DESCRIPTION }, API_KEY)
    .addServer('/', 'the server that this document comes from')
    .addServer('http://127.0.0.1:8000', 'a server on this machine, with the default HOST and PORT');
  for (const [tag, description] of Object.entries(TAGS)) builder.addTag(tag, description);
  const { info, ...base } = builder.build();
  const document = SwaggerModule.createDocument(app, {
    ...base,
    info: { ...info, contact: { name: 'The maintainers of Ordermill' } },
    security: [],
  });
  for (const path of Object.keys(document.paths)) if (ALIAS.test(path)) delete document.paths[path];
  document.webhooks = webhooks;
  tellScopes(document);
  const text = JSON.stringify([document.paths, webhooks]);
  document.components = { ...document.components, schemas: usedOf(schemas, text) };
  addExamples(document);
  return document;
}

/** OpenAPI has scopes for OAuth only, so they stand in the descriptions, for people, and in a field of their own. */
function tellScopes(document: OpenAPIObject): void {
  for (const operations of Object.values(document.paths))
    for (const operation of Object.values(operations) as ({ description?: string } & Record<
      string,
      unknown
    >)[]) {
      const scope = operation[SCOPE_EXTENSION];
      if (typeof scope === 'string')
        operation.description = `${operation.description ?? ''} Needs the scope \`${scope}\`.`;
    }
}

/** The schemas to which `text` refers, and those to which they refer in turn. */
function usedOf(schemas: Record<string, JsonSchema>, text: string): Record<string, JsonSchema> {
  const used: Record<string, JsonSchema> = {};
  const add = (json: string) => {
    for (const [, name = ''] of json.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = schemas[name];
      if (!schema) throw new Error(`${name} has no decorators of class-validator`);
      if (name in used) continue;
      used[name] = schema;
      add(JSON.stringify(schema));
    }
  };
  add(text);
  return used;
}

/** The methods that the document has for a path, for the answer 405. */
export function methodsOf(document: OpenAPIObject): (path: string) => string[] {
  const routesOf = routesIn(document);
  return (path) => [...new Set(routesOf(path).flatMap(({ methods }) => methods))];
}

/** The pattern of the route of a path, as it is registered: `/orders/:id`. */
export function patternOf(document: OpenAPIObject): (path: string) => string | undefined {
  const routesOf = routesIn(document);
  return (path) => routesOf(path)[0]?.path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function routesIn(document: OpenAPIObject) {
  const routes = Object.entries(document.paths).map(([path, operations]) => ({
    path,
    expression: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
    methods: Object.keys(operations).map((method) => method.toUpperCase()),
  }));
  return (path: string) => {
    const documented = path.replace(ALIAS, '/orders');
    return routes.filter(({ expression }) => expression.test(documented));
  };
}
