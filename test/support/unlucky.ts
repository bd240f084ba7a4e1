import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';

const SQLITE = `CREATE TRIGGER unlucky BEFORE INSERT ON orders WHEN NEW.user_id = 'unlucky'
  BEGIN SELECT RAISE(ABORT, 'nobody foresaw this'); END`;

const POSTGRES = `
  CREATE FUNCTION unlucky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'nobody foresaw this'; END $$;
  CREATE TRIGGER unlucky BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.user_id = 'unlucky') EXECUTE FUNCTION unlucky()`;

const MYSQL = `CREATE TRIGGER unlucky BEFORE INSERT ON orders FOR EACH ROW
  IF NEW.user_id = 'unlucky' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'nobody foresaw this'; END IF`;

/** Has the database refuse the orders of one user with an error that no code knows. */
export async function refuseUnlucky(url: string): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const database = new Sqlite(url.slice('sqlite:'.length));
    database.exec(SQLITE);
    database.close();
    return;
  }
  const type = url.startsWith('postgres') ? 'postgres' : 'mysql';
  const source = await new DataSource({ type, url }).initialize();
  await source.query(type === 'postgres' ? POSTGRES : MYSQL);
  await source.destroy();
}
