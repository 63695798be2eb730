import type { App } from '#contract/api/resources.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';

const shownLines = 20;
/** Not what came of staging, which was shown before, nor requests to the version that goes on. */
const others = ['STG', 'API', 'RTR'];

/** Shows the last lines that an app printed since `from`, for a start that failed. */
export async function showLogSince(cli: Cli, api: ApiClient, app: App, from: bigint): Promise<void> {
  cli.progress.drop();
  try {
    const lines = (await new LogReader(api, app.guid).recent(200, from)).filter(
      ({ source }) => !others.includes(source),
    );
    if (lines.length > 0) cli.progress.line(cli.progress.style.dim(`last lines of ${app.name}:`));
    for (const { text } of lines.slice(-shownLines)) cli.progress.line(`  ${text}`);
  } catch {
    // The failed start is what matters; that its log cannot be read either would only hide it.
  }
}
