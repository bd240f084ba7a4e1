import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, type OpenAPIObject, type SwaggerCustomOptions } from '@nestjs/swagger';
import { swaggerHeaders } from '../security.headers.js';

/**
 * The pages of the OpenAPI document. Express tries routes in their sequence, and these are ten: before the controllers' they
 * cost every order 1 µs. Nest calls this hook after it has added those, and before its own answer 404.
 */
@Injectable()
export class ApiPages implements OnModuleInit {
  #add: () => void = () => undefined;

  /** To be called before the application is initialized. `look`: title, icon, style sheets and scripts of the page. */
  serve(app: NestExpressApplication, document: OpenAPIObject, look: SwaggerCustomOptions): void {
    this.#add = () => {
      app.use('/docs', swaggerHeaders);
      SwaggerModule.setup('docs', app, document, {
        ...look,
        jsonDocumentUrl: 'openapi.json',
        yamlDocumentUrl: 'openapi.yaml',
      });
    };
  }

  onModuleInit(): void {
    this.#add();
  }
}
