import { appAnnotations } from '#contract/annotations.ts';
import { App } from '#contract/api/resources.ts';
import { secondsOf } from '#ground/durations.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { idleStopTextOf } from '../app/app-view.ts';
import { findApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';

interface Input {
  readonly name: string;
  /** A time, `never` or `default`. */
  readonly time: string;
  readonly json: boolean;
}

/** Says of one app when it may be stopped because nobody asks for it. */
export async function run(cli: Cli, { name, time, json }: Input): Promise<void> {
  if (secondsOf(time) === undefined && time !== 'never' && time !== 'default') {
    throw new ActionableError(
      'USAGE',
      `'${time}' is no time.`,
      'Say a time such as 90s, 10m or 1h30m; `never`; or `default` for what `up --idle-stop` says.',
    );
  }
  const api = await ApiClient.open(cli);
  const { guid } = await findApp(api, name);
  const idleStop = time === 'default' ? null : time;
  const app = await api.patch(
    `/v3/apps/${guid}`,
    { metadata: { annotations: { [appAnnotations.idleStop]: idleStop } } },
    App,
  );
  if (json) return cli.out.json({ guid, name: app.name, idleStop });
  cli.out.line(
    idleStop === null
      ? `${app.name} is stopped for lack of requests as \`up --idle-stop\` says.`
      : `${app.name} is stopped ${idleStopTextOf(idleStop)}.`,
  );
}
