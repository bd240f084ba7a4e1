import { PageFiles } from '../../src/dashboard/page.files.js';

describe('the files of the status page', () => {
  it.each([
    ['preact', 'nothing.js'],
    ['a-package-that-is-not-there', 'index.js'],
  ])('end the start of the server when one is missing: %s', (packageName, file) => {
    expect(() => new PageFiles({ 'lib/library.js': [packageName, file] })).toThrow(
      `the status page needs ${file} of the package ${packageName}; npm ci installs it`,
    );
  });

  it('have another version when any of them is another', () => {
    const { version } = new PageFiles();
    expect(new PageFiles().version).toBe(version);
    expect(new PageFiles({ 'lib/uplot.css': ['uplot', 'uPlot.min.css'] }).version).not.toBe(version);
    expect(version).toMatch(/^[\w-]{12}$/);
  });

  it('are only those that there are', () => {
    const files = new PageFiles();
    expect(files.urlOf('main.js')).toBe(`/page/${files.version}/main.js`);
    expect(() => files.urlOf('nothing.js')).toThrow('no file nothing.js');
    for (const name of ['', '..', '../status.page.ts', 'constructor', 'lib/htm.d.ts'])
      expect([name, files.get(name)]).toEqual([name, undefined]);
  });
});
