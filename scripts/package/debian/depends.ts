import { type Needs, newestOf } from '../elf.ts';

/** The package of each library, and the name that versions of its symbols begin with. */
const packages: readonly { readonly pattern: RegExp; readonly name: string; readonly versions?: string }[] = [
  { pattern: /^(lib(c|m|dl|pthread|rt)\.so\.\d|ld-linux.*)$/, name: 'libc6', versions: 'GLIBC' },
  { pattern: /^libstdc\+\+\.so\.6$/, name: 'libstdc++6', versions: 'GLIBCXX' },
  { pattern: /^libgcc_s\.so\.1$/, name: 'libgcc-s1' },
  { pattern: /^libatomic\.so\.1$/, name: 'libatomic1' },
];

/** Which GCC, and so which libstdc++6, brought each version of GLIBCXX that a build of Node used so far. */
const gccOf: Readonly<Record<string, string>> = { '3.4.21': '5', '3.4.26': '9', '3.4.28': '9.3', '3.4.29': '11' };

/** The field Depends for programs of one package. @throws Error when one needs what Debian's names are not known of */
export function dependsOf(programs: readonly Needs[]): string {
  const libraries = programs.flatMap((each) => each.libraries);
  const unknown = libraries.find((library) => !packages.some(({ pattern }) => pattern.test(library)));
  if (unknown !== undefined) throw new Error(`the package of ${unknown} is not known: name it in depends.ts`);
  const versions = programs.flatMap((each) => each.versions);
  return packages
    .filter(({ pattern }) => libraries.some((library) => pattern.test(library)))
    .map(({ name, versions: prefix }) => {
      const oldest = prefix === undefined ? undefined : newestOf(versions, prefix);
      return oldest === undefined ? name : `${name} (>= ${prefix === 'GLIBCXX' ? gcc(oldest) : oldest})`;
    })
    .join(', ');
}

function gcc(glibcxx: string): string {
  const version = gccOf[glibcxx];
  if (version === undefined)
    throw new Error(`the libstdc++6 with GLIBCXX_${glibcxx} is not known: name it in depends.ts`);
  return version;
}
