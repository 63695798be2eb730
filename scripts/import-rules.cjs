// Which file may import which, for dependency-cruiser; scripts/check-imports.ts runs it.

/** From the ground up: a floor imports the floors below it, never one above. */
const floors = ['ground', 'packaging', 'contract', 'vcap', 'workload', 'components', 'assembly', 'cli'];

/** Each library has one door: the only file of src/ that imports it. Tests may use libraries as they like. */
const doors = {
  '@nats-io': '^src/ground/(bus|bucket)\\.ts$',
  busboy: '^src/ground/multipart\\.ts$',
  commander: '^src/cli/',
  httpxy: '^src/components/router/upgrades\\.ts$',
  jose: '^src/components/cloud-controller/tokens\\.ts$',
  semver: '^src/workload/runtimes/version-range\\.ts$',
  tar: '^src/ground/tar\\.ts$',
  trouter: '^src/ground/http-server\\.ts$',
  valibot: '^src/',
  yaml: '^src/ground/yaml(-tree)?\\.ts$',
  yauzl: '^src/ground/unzip\\.ts$',
  yazl: '^src/ground/zip\\.ts$',
};

const above = (floor) => floors.slice(floors.indexOf(floor) + 1).join('|');

/** A library lies in its own folder, its types perhaps in another. */
const folderOf = (library) => `(^|/)node_modules/(@types/)?${library}/`;

const directions = [
  ...floors.slice(0, -1).map((floor) => ({
    name: `${floor}-imports-upwards`,
    comment: `A floor imports the floors below it; above ${floor} are ${above(floor).replaceAll('|', ', ')}.`,
    from: { path: `^src/${floor}/` },
    to: { path: `^src/((${above(floor)})/|main\\.ts$)` },
  })),
  {
    name: 'cli-imports-main',
    comment: 'src/main.ts calls cli/, not the other way round.',
    from: { path: '^src/cli/' },
    to: { path: '^src/main\\.ts$' },
  },
  {
    name: 'src-imports-test',
    comment: 'The program does not know its tests and scripts.',
    from: { path: '^src/' },
    to: { path: '^(test|scripts)/' },
  },
  {
    name: 'outside-the-floors',
    comment: `Every file of src/ but main.ts lies on a floor: ${floors.join(', ')}.`,
    from: { path: '^src/', pathNot: `^src/((${floors.join('|')})/|main\\.ts$)` },
    to: {},
  },
];

const components = [
  {
    name: 'component-imports-component',
    comment: 'Components meet on the bus only: put what both need into contract/ or workload/.',
    from: { path: '^src/components/([^/]+)/' },
    to: { path: '^src/components/', pathNot: '^src/components/$1/' },
  },
  {
    name: 'past-the-door',
    comment: 'From outside, a component is entered through its index.ts.',
    from: { pathNot: '^(src|test)/components/[^/]+/' },
    to: { path: '^src/components/[^/]+/', pathNot: '^src/components/[^/]+/index\\.ts$' },
  },
  {
    name: 'test-past-the-door',
    comment: "A component's specs may look inside that component; the others they enter through index.ts.",
    from: { path: '^test/components/([^/]+)/' },
    to: { path: '^src/components/[^/]+/', pathNot: '^src/components/($1/|[^/]+/index\\.ts$)' },
  },
];

const libraries = [
  ...Object.entries(doors).map(([library, door]) => ({
    name: `${library}-beside-its-door`,
    comment: `Only ${door} imports ${library}.`,
    from: { path: '^src/', pathNot: door },
    to: { path: folderOf(library) },
  })),
  {
    name: 'library-without-a-door',
    comment: 'Name its door in scripts/import-rules.cjs. What only development needs is no library of the program.',
    from: { path: '^src/' },
    to: { path: '(^|/)node_modules/', pathNot: Object.keys(doors).map(folderOf) },
  },
  {
    name: 'library-loaded-late',
    comment: 'import() the door, not the library: so the bundle stays one file.',
    from: { path: '^src/' },
    to: { path: '(^|/)node_modules/', dynamic: true },
  },
  {
    name: 'uvu-beside-its-door',
    comment: 'Specs use describe of test/support/spec.ts, which cannot forget to run.',
    from: { pathNot: '^test/support/spec\\.ts$' },
    to: { path: '(^|/)node_modules/uvu/', pathNot: '/uvu/assert/' },
  },
];

const sanity = [
  {
    name: 'cycle',
    comment: 'Files importing each other have no order to be read in.',
    from: {},
    to: { circular: true },
  },
  { name: 'unresolved', comment: 'No such file or package.', from: {}, to: { couldNotResolve: true } },
  {
    name: 'undeclared',
    comment: 'The package is not named in package.json.',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
];

module.exports = {
  forbidden: [...directions, ...components, ...libraries, ...sanity].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    tsPreCompilationDeps: true, // type-only imports count
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
