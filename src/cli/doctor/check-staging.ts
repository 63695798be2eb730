import { isolationHere } from '#workload/sandbox/index.ts';
import { type Finding, ok, warning } from './finding.ts';

/** What buildpacks and hooks are kept in while an app is staged. */
export async function checkStaging(): Promise<Finding> {
  const check = 'staging';
  const found = await isolationHere();
  if (found.level === 0) {
    const what = 'Level 0: buildpacks and hooks run as you, and can write wherever you can.';
    return warning(check, `${what} ${found.reason}`, found.remedy);
  }
  return ok(
    check,
    `Level 2, by ${found.by}: buildpacks and hooks can write only into what is theirs, and see neither the platform's files ` +
      'nor its processes. That is no boundary against hostile code: they have the network, and can read what else is yours.',
  );
}
