/** What is mounted somewhere. */
export interface MountPoint {
  readonly at: string;
  /** Of this mount, not of the file system: `nosuid`, `relatime`, … */
  readonly options: readonly string[];
  readonly type: string;
}

/** The lines of `/proc/self/mountinfo`; of several mounts at one place the last one is seen. */
export function mountPointsIn(text: string): MountPoint[] {
  const points = new Map<string, MountPoint>();
  for (const line of text.split('\n')) {
    const [own = '', fileSystem = ''] = line.split(' - ');
    const [, , , , at, options] = own.split(' ');
    if (at === undefined || options === undefined) continue;
    const point = { at: unescaped(at), options: options.split(','), type: fileSystem.split(' ')[0] ?? '' };
    points.set(point.at, point);
  }
  return [...points.values()];
}

/** The mount that a path is part of. */
export function mountPointOf(path: string, points: readonly MountPoint[]): MountPoint | undefined {
  return points
    .filter(({ at }) => path === at || isBelow(path, at))
    .sort((one, other) => other.at.length - one.at.length)[0];
}

export function isBelow(path: string, directory: string): boolean {
  return path !== directory && path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** A path as a field of fstab. */
export function escaped(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
