/** The sum of uvu's closing lines of this name; `undefined` when it printed none. */
export function tally(output, name) {
  const found = [...output.matchAll(new RegExp(`^ {2}${name}: +(\\d+)$`, 'gm'))];
  return found.length === 0 ? undefined : found.reduce((sum, [, digits]) => sum + Number(digits), 0);
}

export function judge(file, { code, output, complaint, ms }) {
  const total = tally(output, 'Total');
  const passed = tally(output, 'Passed') ?? 0;
  const skipped = tally(output, 'Skipped') ?? 0;
  const reasons = [
    complaint,
    code !== 0 && complaint === undefined && !(passed < total) ? `ended with ${exitOf(code)}` : undefined,
    total === undefined && complaint === undefined ? 'reported no result' : undefined,
    total === 0 ? 'has no test' : undefined,
    skipped > 0 ? `skips ${skipped} of its tests` : undefined,
    total !== undefined && passed < total ? `${total - passed} of ${total} failed` : undefined,
  ].filter((reason) => reason !== undefined);
  if (reasons.length === 0) return { file, passed, failed: 0, ms };
  return { file, passed, failed: Math.max(1, (total ?? 0) - passed + skipped), ms, why: reasons.join('; '), output };
}

function exitOf(code) {
  return typeof code === 'number' ? `exit code ${code}` : code;
}
