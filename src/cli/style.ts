import type { TextSink } from './world.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Paint = (text: string) => string;

/** How text is emphasised; on anything but a colour terminal every function returns its text unchanged. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

/** NO_COLOR is honoured whatever its value, FORCE_COLOR is when it is not 0, and a terminal called dumb gets no colours. */
export function styleFor(sink: TextSink, env: Env): Style {
  const paint = (on: number, off: number): Paint =>
    isColourful(sink, env) ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

function isColourful(sink: TextSink, env: Env): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '') return env['FORCE_COLOR'] !== '0';
  return sink.isTTY === true && env['TERM'] !== 'dumb';
}

/**
 * Text from outside on one line: control characters would move the cursor or recolour the terminal of whoever reads it.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
