/** When the first order from the middle of a range of seqs on was created. */
const AT_MIDDLE = '(SELECT created_at FROM orders WHERE seq >= (low + high) / 2 ORDER BY seq LIMIT 1)';

/**
 * For SQLite, where `created_at` never runs backwards along `seq`, so that a range of time is one of numbers and needs no
 * index. A binary search: every order before `low` is older than the instant, which is given twice, and none from `high` on.
 */
export const SEARCH_CREATED_AT = `
  WITH RECURSIVE search (low, high) AS (
    SELECT 0, COALESCE((SELECT MAX(seq) FROM orders), 0) + 1
    UNION ALL
    SELECT CASE WHEN ${AT_MIDDLE} < ? THEN (low + high) / 2 ELSE low END,
      CASE WHEN ${AT_MIDDLE} < ? THEN high ELSE (low + high) / 2 END
    FROM search WHERE high - low > 1
  )
  SELECT high AS seq FROM search WHERE high - low = 1`;
