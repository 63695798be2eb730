import * as v from 'valibot';

/** The first things wrong with a value, each with its place: `limits.mem: Expected number but received "a"`. */
export function reasonOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const describe = (issue: v.BaseIssue<unknown>) => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${path}: ${issue.message}`;
  };
  const shown = issues.slice(0, 3).map(describe).join('; ');
  return issues.length > 3 ? `${shown}; and ${issues.length - 3} more` : shown;
}
