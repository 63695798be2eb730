/** Keeps what is written, as a terminal or as a pipe. */
export function textSink({ isTTY = false, columns = undefined as number | undefined } = {}) {
  const written: string[] = [];
  return {
    isTTY,
    columns,
    write(content: string | Uint8Array): void {
      written.push(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
    },
    text: () => written.join(''),
  };
}
