import { checkBooks, checkIntegrity, type Query } from '../../chaos/checker.js';
import { openEvidence } from '../../chaos/database.js';

/** Asks any database over a connection of its own, also beside the server that writes to it. */
export async function withEvidence<Result>(
  url: string,
  use: (query: Query) => Promise<Result>,
): Promise<Result> {
  const evidence = await openEvidence(url);
  try {
    return await use(evidence.query);
  } finally {
    await evidence.close();
  }
}

/** Expects any database to agree with itself in all that the chaos checker knows. */
export async function expectSoundAt(url: string): Promise<void> {
  const findings = await withEvidence(url, async (query) => [
    ...(await checkBooks(query)),
    ...(url.startsWith('sqlite:') ? [await checkIntegrity(query)] : []),
  ]);
  expect(findings.filter(({ count }) => count > 0)).toEqual([]);
}
