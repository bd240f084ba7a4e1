import type { OpenAPIObject } from '@nestjs/swagger';
// @ts-expect-error -- class-transformer has the types of this module in another folder than the module
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { targetConstructorToSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { CONVERTERS } from './rules.js';

export type DtoClass = abstract new (...args: never[]) => unknown;

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
export type JsonSchema = Exclude<Schemas[string], { $ref: string }>;

const OPTIONS = {
  additionalConverters: CONVERTERS,
  classTransformerMetadataStorage: defaultMetadataStorage,
  refPointerPrefix: '#/components/schemas/',
};

/** The JSON schemas of all classes that carry class-validator's decorators, by the name of the class. */
export function jsonSchemas(): Record<string, JsonSchema> {
  return validationMetadatasToSchemas(OPTIONS) as Record<string, JsonSchema>; // the same, in its own types of OpenAPI
}

/** The JSON schema of one such class. */
export function jsonSchemaOf(dto: DtoClass): JsonSchema {
  return targetConstructorToSchema(dto as unknown as () => void, OPTIONS) as JsonSchema; // it says Function, and means a class
}
