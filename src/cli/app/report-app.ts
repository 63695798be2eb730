import type { App } from '#contract/api/resources.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { columnsOf } from '../columns.ts';
import { viewOf } from './app-view.ts';
import { printApp } from './print-app.ts';

export interface ReportOptions {
  readonly json: boolean;
  /** Command lines that are likely to come next, each with its use. */
  readonly next?: readonly (readonly [line: string, use: string])[];
}

/** Ends a command that changed an app: how it is now, and what to do next. */
export async function reportApp(cli: Cli, api: ApiClient, app: App, { json, next = [] }: ReportOptions): Promise<void> {
  const view = await viewOf(api, app.guid);
  if (json) return cli.out.json(view);
  printApp(cli.out, view);
  if (next.length === 0) return;
  cli.out.line();
  for (const line of columnsOf(next)) cli.out.line(cli.out.style.dim(`  ${line}`));
}
