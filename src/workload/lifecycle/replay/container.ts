import { mkdir } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { ActionableError } from '#ground/errors.ts';

/** Where a recording's paths lead. A path beginning with one of these is one inside the container. */
const pathInText = /(?<![\w./~-])\/(tmp|home\/vcap)(?=$|[/:;,'"\s])/g;

/** A directory that stands for the root of a recorded container: `/tmp` and `/home/vcap` are inside it. */
export class Container {
  readonly root: string;
  readonly home: string;
  readonly tmp: string;

  private constructor(root: string) {
    this.root = root;
    this.home = join(root, 'home', 'vcap');
    this.tmp = join(root, 'tmp');
  }

  static async make(root: string): Promise<Container> {
    const container = new Container(root);
    await mkdir(container.home, { recursive: true, mode: 0o700 });
    await mkdir(container.tmp, { mode: 0o700 });
    return container;
  }

  /**
   * Where a path of the container is. Relative ones begin at the home.
   * @throws ActionableError BAD_INPUT when it leads out
   */
  pathOf(recorded: string): string {
    const inside = normalize(isAbsolute(recorded) ? recorded : join('/home/vcap', recorded));
    if (inside === '/tmp' || inside === '/home/vcap' || /^\/(tmp|home\/vcap)\//.test(inside)) {
      return join(this.root, inside);
    }
    throw new ActionableError(
      'BAD_INPUT',
      `The recording wants to write to ${recorded}, outside /tmp and /home/vcap.`,
      'Change that path in the recording.',
    );
  }

  /** A text with the container's paths in it, as `-buildDir=/tmp/app`. */
  textOf(recorded: string): string {
    return recorded.replace(pathInText, (_, place: string) => `${this.root}/${place}`);
  }

  variablesOf(recorded: readonly { readonly name: string; readonly value: string }[]): Record<string, string> {
    return Object.fromEntries(recorded.map(({ name, value }) => [name, this.textOf(value)]));
  }
}
