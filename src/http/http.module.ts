import { Global, Module } from '@nestjs/common';
import { SchemaValidator } from './validation/schema.validator.js';

/** What routes may use: the check of bodies and queries. */
@Global()
@Module({ providers: [SchemaValidator], exports: [SchemaValidator] })
export class HttpModule {}
