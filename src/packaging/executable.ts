import { CarriedFiles, type Source, type Unverified } from './carried-files.ts';
import type { Half } from './compiled-code.ts';

/** How this program was started when it is one executable. */
export interface Executable {
  /** Where the files it carries lie. */
  readonly source: Source;
  /** Which half of the program runs. */
  readonly half: Half;
  /** The nats-server, which is being unpacked where it probably will be needed; once, so that nobody keeps 15 MB. */
  takeNatsServer(): Promise<Unverified> | undefined;
  /** Keeps what V8 compiled until now for the next start, once, unless an earlier one did. Takes some 20 ms. */
  keepCompiled(): void;
}

/** Given by executable-main.ts, which runs this program. */
declare const LOCALPAAS_EXECUTABLE: Executable | undefined;

/** `undefined` when Node runs this program from a checkout. */
export function executable(): Executable | undefined {
  return typeof LOCALPAAS_EXECUTABLE === 'undefined' ? undefined : LOCALPAAS_EXECUTABLE;
}

let files: CarriedFiles | undefined;

/** What the executable carries; `undefined` when there is no executable. @throws ActionableError EXECUTABLE_DAMAGED */
export function carriedFiles(): CarriedFiles | undefined {
  const source = executable()?.source;
  if (source !== undefined) files ??= new CarriedFiles(source);
  return files;
}
