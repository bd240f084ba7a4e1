import { Global, Module } from '@nestjs/common';
import { SchemaValidator } from './validation/schema.validator.js';

/** Provides the validation of bodies and queries to every route. */
@Global()
@Module({ providers: [SchemaValidator], exports: [SchemaValidator] })
export class HttpModule {}
