import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');

type Names = Record<string, unknown>;
const manifest = JSON.parse(read('package.json')) as Record<
  'dependencies' | 'devDependencies' | 'allowScripts' | 'scripts',
  Names
>;
const { packages } = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { hasInstallScript?: boolean }>;
};
const page = read('docs/dependencies.md');

/** The packages in the table under a heading, each with a reason. */
function listed(heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const rows = section.split('\n## ')[0]?.matchAll(/^\| (`.*?) +\| (\S.*?) *\|$/gm) ?? [];
  return [...rows].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

describe('docs/dependencies.md', () => {
  it.each([
    ['At run time', 'dependencies'],
    ['For development', 'devDependencies'],
  ] as const)('has each package once, with a reason: %s', (heading, field) => {
    expect(listed(heading).toSorted()).toEqual(Object.keys(manifest[field]).toSorted());
  });

  it('names every package with an install script; only that of node is allowed', () => {
    const scripted = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(scripted.toSorted()).toEqual(Object.keys(manifest.allowScripts).toSorted());
    const [, section = ''] = page.split('\n## Install scripts\n');
    for (const name of scripted) expect(section).toContain(`\`${name}\``);
    const allowed = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed);
    expect(allowed.map(([name]) => name)).toEqual(['node']);
    expect(manifest.scripts['runtime']).toMatch(/npm rebuild --ignore-scripts=false node$/);
  });

  it('npm runs no script of its own accord, so the project has none that must', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const names = Object.keys(manifest.scripts);
    expect(
      names.filter((name) => /^(pre|post)/.test(name) && names.includes(name.replace(/^(pre|post)/, ''))),
    ).toEqual([]);
  });

  it('every package has an allowed licence', () => {
    const said = execFileSync(process.execPath, ['bin/licences.ts'], { cwd: ROOT, encoding: 'utf8' });
    expect(said).toMatch(/^\d{3,} packages, 0 with/);
  });
});
