/** What one check found out. */
export interface Finding {
  readonly check: string;
  /** `problem`: `up` or an ordinary push cannot work; `warning`: something else may not. */
  readonly result: 'ok' | 'warning' | 'problem';
  /** What is the case, as a sentence. */
  readonly found: string;
  /** What to do about it; null when nothing needs doing. */
  readonly remedy: string | null;
}

export function ok(check: string, found: string): Finding {
  return { check, result: 'ok', found, remedy: null };
}

export function warning(check: string, found: string, remedy: string): Finding {
  return { check, result: 'warning', found, remedy };
}

export function problem(check: string, found: string, remedy: string): Finding {
  return { check, result: 'problem', found, remedy };
}
