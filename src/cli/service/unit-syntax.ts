/** How systemd reads values in its unit files: systemd.syntax(7), systemd.unit(5) and systemd.service(5). */

/** A text as one word of a list; `%` begins a specifier there. */
export function unitWord(text: string): string {
  const plain = text.replaceAll('%', '%%');
  if (/^[\w%+=:,./@~-]+$/.test(plain)) return plain;
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/**
 * A command line. In what follows the program `$` begins a variable; in the program's own path it does not. That may not
 * hold quotes or backslashes at all, so a shell is asked then to become it.
 */
export function unitCommand(command: readonly string[]): string {
  const [program = '', ...args] = command;
  if (/["'\\]/.test(program)) return unitCommand(['/bin/sh', '-c', 'exec "$0" "$@"', ...command]);
  return [unitWord(program), ...args.map((arg) => unitWord(arg.replaceAll('$', () => '$$')))].join(' ');
}

/** Where a socket listens: `127.0.0.1:80`, `[::1]:80`. */
export function socketAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
