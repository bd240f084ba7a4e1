import { getMetadataArgsStorage } from 'typeorm';
import type { OrderRequest } from '../../domain/order.js';
import { OrderEntity } from './entities/order.entity.js';

/** A column of a table, as its entity declares it. */
export interface Column<Property extends string = string> {
  /** The entity's name for it, and the table's. */
  property: Property;
  name: string;
  kind: 'number' | 'text';
  /** Most characters; undefined: as many as there are. */
  length: number | undefined;
}

const NUMBERS: unknown[] = ['bigint', 'integer'];

/** Every column of an entity, in the order of its properties: the one list of them that there is. */
export function columnsOf<Entity>(entity: new () => Entity): Column<keyof Entity & string>[] {
  return getMetadataArgsStorage()
    .columns.filter(({ target }) => target === entity)
    .map(({ propertyName, options }) => ({
      property: propertyName as keyof Entity & string, // an entity's properties are its columns
      name: options.name ?? propertyName,
      kind: NUMBERS.includes(options.type) ? 'number' : 'text',
      length: options.length === undefined ? undefined : Number(options.length),
    }));
}

/** What the store itself writes into an order; the client's request gives all the rest. */
const KEPT_BY_STORE = [
  'seq',
  'status',
  'queueSeq',
  'attempts',
  'failures',
  'interruptions',
  'notBefore',
  'owner',
  'leaseUntil',
  'createdAt',
  'startedAt',
  'completedAt',
  'updatedAt',
  'error',
] as const satisfies (keyof OrderEntity)[];

type Requested = Exclude<keyof OrderEntity, (typeof KEPT_BY_STORE)[number]>;

/**
 * What is inserted with a request: what is in it, which a repeat must have the same, and its trace. A column that is neither the store's nor a request's
 * does not compile.
 */
export const REQUESTED: Column<keyof OrderRequest | 'traceParent'>[] = columnsOf(OrderEntity).filter(
  (column): column is Column<Requested> => !KEPT_BY_STORE.some((property) => property === column.property),
);

/** Columns under the names of their properties, for a SELECT or RETURNING. */
export function asProperties(columns: Column[], expression = (name: string) => name): string {
  return columns.map(({ property, name }) => `${expression(name)} AS "${property}"`).join(', ');
}

/** Columns of `OrderEntity` by their properties. */
export function orderColumns(properties: readonly string[]): Column[] {
  return columnsOf(OrderEntity).filter(({ property }) => properties.includes(property));
}
