/** What the first bytes of a file say about the machine it is for, from the ELF specification. */
export interface Build {
  /** As `uname -m` says, or nearly. */
  readonly machine: string;
  readonly bits: 32 | 64;
}

const machines: Readonly<Record<number, string>> = {
  3: 'i686',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'armv7l',
  62: 'x86_64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loongarch64',
};

/** Enough of a file for `buildOf` and `kindOf`. */
export const headBytes = 64;

/** The machine an executable is for; `undefined` when these are not the first bytes of a Linux executable. */
export function buildOf(head: Buffer): Build | undefined {
  if (head.length < 20 || head.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
  const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
  return { machine: machines[machine] ?? `machine ${machine}`, bits: head[4] === 2 ? 64 : 32 };
}

export function isSameBuild(one: Build, other: Build): boolean {
  return one.machine === other.machine && one.bits === other.bits;
}

/** What a file is that is no Linux executable, by its first bytes. */
export function kindOf(head: Buffer): string {
  if (head.length === 0) return 'empty';
  const known = kinds.find(([, ...starts]) => starts.some((start) => head.toString('latin1').startsWith(start)));
  if (known !== undefined) return known[0];
  const isText = head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b);
  return isText ? 'a text' : 'neither an executable nor anything else known here';
}

const archive = 'a compressed archive; unpack it and name the executable in it';
const macos = 'a program for macOS';
const kinds: readonly (readonly [kind: string, ...starts: string[]])[] = [
  ['a script', '#!'],
  [archive, '\x1f\x8b', '\xfd7zXZ\0', '\x28\xb5\x2f\xfd', 'BZh', 'PK\x03\x04'],
  [macos, '\xcf\xfa\xed\xfe', '\xca\xfe\xba\xbe'],
  ['a program for Windows', 'MZ'],
  ['a web page, as servers send in place of a file that they do not have', '<!', '<html', '<HTML'],
];
