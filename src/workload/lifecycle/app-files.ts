import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DetectionRules } from './frameworks.ts';
import { glob } from './glob.ts';
import { matcherFor } from './patterns.ts';

/** A main file is found by its first megabyte. */
const readBytes = 1024 * 1024;

/** The files of an app that is being staged, for plugins to look at. */
export class AppFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  isFile(path: string): boolean {
    if (path.split('/').includes('..')) return false;
    return statSync(join(this.root, path), { throwIfNoEntry: false })?.isFile() === true;
  }

  /** Names at the top, hidden ones too. */
  top(): string[] {
    return readdirSync(this.root).sort();
  }

  glob(pattern: string): string[] {
    return glob(this.root, pattern);
  }

  /** The start of a file as text, `undefined` when there is no such file. */
  text(path: string): string | undefined {
    return this.isFile(path) ? this.#read(path, 'utf8') : undefined;
  }

  /** Whether all rules hold. @throws ActionableError BAD_INPUT for a pattern that is none */
  follow(rules: DetectionRules): boolean {
    return rules.every((rule) =>
      Object.entries(rule).every(([pattern, wanted]) =>
        typeof wanted === 'string'
          ? this.#matching(pattern, wanted).next().done === false
          : this.glob(pattern).length > 0 === wanted,
      ),
    );
  }

  /** The files that match any of the rules' regular expressions. @throws ActionableError BAD_INPUT */
  candidates(rules: DetectionRules): string[] {
    const patterns = rules.flatMap((rule) => Object.entries(rule));
    return patterns.flatMap(([pattern, wanted]) =>
      typeof wanted === 'string' ? [...this.#matching(pattern, wanted)] : [],
    );
  }

  *#matching(pattern: string, expression: string): Generator<string> {
    const matches = matcherFor(expression);
    for (const path of this.glob(pattern)) {
      if (this.isFile(path) && matches(this.#read(path, 'latin1'))) yield path;
    }
  }

  #read(path: string, encoding: BufferEncoding): string {
    const file = openSync(join(this.root, path), 'r');
    try {
      const buffer = Buffer.alloc(Math.min(readBytes, fstatSync(file).size));
      return buffer.toString(encoding, 0, readSync(file, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(file);
    }
  }
}
