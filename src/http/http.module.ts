import { Global, Module } from '@nestjs/common';
import { ApiPages } from './openapi/api.pages.js';
import { OpenStreams } from './streams/open.streams.js';
import { SchemaValidator } from './validation/schema.validator.js';

/** Validation of bodies and queries for every route, the streams that are open, and the pages of the OpenAPI document. */
@Global()
@Module({ providers: [SchemaValidator, OpenStreams, ApiPages], exports: [SchemaValidator, OpenStreams] })
export class HttpModule {}
