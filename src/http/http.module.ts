import { Global, Module } from '@nestjs/common';
import { ApiPages } from './openapi/api.pages.js';
import { SchemaValidator } from './validation/schema.validator.js';

/** Validation of bodies and queries for every route, and the pages of the OpenAPI document. */
@Global()
@Module({ providers: [SchemaValidator, ApiPages], exports: [SchemaValidator] })
export class HttpModule {}
