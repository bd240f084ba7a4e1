import { columnsOf, type Column } from '../orders/store/columns.js';
import { OrderHistoryEntity } from '../orders/store/entities/order-history.entity.js';
import { OrderKeyEntity } from '../orders/store/entities/order-key.entity.js';
import { OrderEntity } from '../orders/store/entities/order.entity.js';

/** A table that is copied. */
export interface CopiedTable {
  name: string;
  /** Every column, in the order in which its values stand in a row. */
  columns: Column[];
}

export const ORDERS: CopiedTable = { name: 'orders', columns: columnsOf(OrderEntity) };
export const HISTORY: CopiedTable = { name: 'order_history', columns: columnsOf(OrderHistoryEntity) };
export const KEYS: CopiedTable = { name: 'order_keys', columns: columnsOf(OrderKeyEntity) };

/** One row's values, in the order of its columns. */
export type Row = (number | string | null)[];

/** A row as a driver gives it: a large integer is a number from one, and a text from another. */
export type GivenRow = Record<string, number | string | null>;

/** The index of each value in a row. */
export const ORDER = indexes(OrderEntity);
export const ENTRY = indexes(OrderHistoryEntity);

function indexes<Entity extends object>(entity: new () => Entity): Record<keyof Entity, number> {
  const entries = columnsOf(entity).map(({ property }, index) => [property, index]);
  return Object.fromEntries(entries) as Record<keyof Entity, number>; // an entity's properties are its columns
}

/** The same values from every driver. */
export function toRow({ columns }: CopiedTable, given: GivenRow): Row {
  return columns.map(({ name, kind }) => {
    const value = given[name] ?? null;
    if (value === null) return null;
    if (kind === 'text') return String(value);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new Error(`${name} is ${value}, which is no whole number`);
    return number;
  });
}
