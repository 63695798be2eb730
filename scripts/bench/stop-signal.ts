/** npm passes on the Ctrl-C which the terminal sent here already: two signals so close are one. */
const sameSignalMs = 500;

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export interface StopSignal {
  readonly signal: AbortSignal;
  /** By the shell's convention; only once somebody asked to stop. */
  exitCode(): number;
}

/** The first signal to this process has the run clean up and end; a later one ends it at once. */
export function stopSignal(): StopSignal {
  const stop = new AbortController();
  let stoppedAt = 0;
  let code = 1;
  for (const [name, exitCode] of Object.entries(exitCodes)) {
    process.on(name, () => {
      if (stop.signal.aborted && performance.now() - stoppedAt > sameSignalMs) process.exit(exitCode);
      if (stop.signal.aborted) return;
      stoppedAt = performance.now();
      code = exitCode;
      console.error('\nStopping …');
      stop.abort(new Error(`stopped by ${name}`));
    });
  }
  return { signal: stop.signal, exitCode: () => code };
}
