import { DataSource, type ColumnType, type DataSourceOptions } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';
import type { Dialect } from '../database.js';

type Types = Partial<Record<Dialect, ColumnType>>;

const EXCEPTIONS = new Map<object, Map<string, Types>>();

/** Beside `@Column`: the column's type on one kind of database, where it differs. */
export function TypeOn(dialect: Dialect, type: ColumnType): PropertyDecorator {
  return ({ constructor: entity }, property) => {
    const types = EXCEPTIONS.get(entity) ?? new Map<string, Types>();
    EXCEPTIONS.set(entity, types.set(String(property), { ...types.get(String(property)), [dialect]: type }));
  };
}

/** TypeORM's data source for entities with `@TypeOn`, so that one class describes a table on every database. */
export class PortableDataSource extends DataSource {
  readonly dialect: Dialect;

  constructor(options: DataSourceOptions) {
    super(options);
    this.dialect = dialectOf(options.type);
  }

  override async initialize(): Promise<this> {
    await super.initialize();
    if (this.dialect === 'mysql') await nameMariaDb(this);
    return this;
  }

  protected override async buildMetadatas(): Promise<void> {
    await super.buildMetadatas();
    for (const { target, columns } of this.entityMetadatas)
      for (const column of columns)
        column.type =
          EXCEPTIONS.get(target as object)?.get(column.propertyName)?.[this.dialect] ?? column.type;
  }
}

/** TypeORM must know MariaDB from MySQL: else every nullable column seems to differ from its entity in its default. */
async function nameMariaDb(source: DataSource): Promise<void> {
  const [row] = await source.query<{ version: string }[]>('SELECT VERSION() AS version');
  const driver = source.driver as MysqlDriver;
  if (row?.version.includes('MariaDB')) driver.options = { ...driver.options, type: 'mariadb' };
}

function dialectOf(type: DataSourceOptions['type']): Dialect {
  if (type === 'better-sqlite3') return 'sqlite';
  if (type === 'postgres' || type === 'mysql') return type;
  throw new Error(`no database of type ${type}`);
}
