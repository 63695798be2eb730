import { ActionableError } from '#ground/errors.ts';
import type { Cli } from '../cli.ts';
import type { Parameter } from '../command.ts';
import { installOptions, serviceActions } from '../rows/service-options.ts';
import { accountOf, ownAccount, whoseService } from '../service/account.ts';
import { asUser, checkHome, checkProgram } from '../service/as-user.ts';
import { type InstallInput, planOf } from '../service/make-plan.ts';
import { hasAddress } from '../service/own-addresses.ts';
import type { Account, Scope, ServicePlan } from '../service/plan.ts';
import { printInstalled, printStatus } from '../service/print-service.ts';
import { ownProgram } from '../service/program.ts';
import { toolEnvironment } from '../service/run-tool.ts';
import { servicePath, terminalPathOf } from '../service/search-path.ts';
import { type ServiceManager, serviceManager } from '../service/service-manager.ts';
import type { ServiceStatus } from '../service/service-status.ts';
import { noServiceManager } from '../service/without-manager.ts';

export interface ServiceInput extends InstallInput {
  readonly action: string;
  readonly runAs: string | undefined;
  readonly json: boolean;
}

/** Has the platform started by whoever starts services on this machine, or not any more, or tells how that is. */
export async function run(cli: Cli, input: ServiceInput): Promise<number> {
  const action = serviceActions.find((each) => each === input.action);
  if (action === undefined) {
    throw new ActionableError(
      'USAGE',
      `\`localpaas service\` cannot ${input.action}.`,
      `Say one of ${serviceActions.join(', ')}.`,
    );
  }
  if (action !== 'install') refuseInstallOptions(input);
  return { install, uninstall, status }[action](cli, input);
}

async function install(cli: Cli, input: ServiceInput): Promise<number> {
  const env = toolEnvironment(cli.env);
  const plan = await planFor(cli, input, env);
  const { scope, account, program, home, listen } = plan;
  await checkHome(account, home, env, scope === 'system');
  if (scope === 'system') await checkProgram(account, program, env);
  if (!hasAddress(listen)) {
    cli.progress.warn(`This machine does not have the address ${listen} now; nobody reaches it until it has.`);
  }
  const manager = managerOf(cli, scope, account);
  const record = await manager.install(plan, cli);
  const status = await manager.status();
  if (input.json) cli.out.json({ ...status, url: record.url });
  else printInstalled(cli, status, record.url, manager.commands);
  return 0;
}

async function planFor(cli: Cli, input: ServiceInput, env: Record<string, string>): Promise<ServicePlan> {
  const program = ownProgram();
  const own = {
    scope: 'user',
    account: ownAccount(),
    path: servicePath(cli.env['PATH']),
    program,
    env: cli.env,
  } as const;
  const isManaged = serviceManager(own.scope, own.account, cli.env) !== undefined;
  if (!isManaged) throw noServiceManager(planOf(input, own));
  const { scope, name } = whoseService({ uid: own.account.uid, runAs: input.runAs, env: cli.env });
  if (scope === 'user' || name === undefined) return planOf(input, own);
  const account = await accountOf(name, env);
  const path = servicePath(await terminalPathOf(account, asUser));
  return planOf(input, { ...own, scope, account, path });
}

async function uninstall(cli: Cli, { json }: ServiceInput): Promise<number> {
  const scope = ownAccount().uid === 0 ? 'system' : 'user';
  const manager = managerOf(cli, scope, ownAccount());
  const before = await manager.status();
  if (before.file === null) {
    await refuseOtherScope(cli, scope);
    if (json) cli.out.json({ removed: false });
    else cli.out.line('localpaas is not installed as a service here.');
    return 0;
  }
  await manager.uninstall(cli);
  const { file, home } = before;
  if (json) cli.out.json({ removed: true, file, home });
  else {
    cli.out.line(`The service is gone; the platform and its apps have stopped.`);
    if (home !== null) cli.out.line(`The data stays in ${home}: \`localpaas up\` runs the apps again.`);
  }
  return 0;
}

/** @returns 3 when the service does not run */
async function status(cli: Cli, { json }: ServiceInput): Promise<number> {
  const { status, manager } = await whatIsInstalled(cli);
  if (json) cli.out.json(status);
  else printStatus(cli, status, manager.commands);
  return status.running ? 0 : 3;
}

/** The user's own service if there is one, else that of the machine. */
async function whatIsInstalled(cli: Cli): Promise<{ status: ServiceStatus; manager: ServiceManager }> {
  const account = ownAccount();
  const own = account.uid === 0 ? [] : [managerOf(cli, 'user', account)];
  const machine = managerOf(cli, 'system', account);
  for (const manager of own) {
    const status = await manager.status();
    if (status.file !== null) return { status, manager };
  }
  return { status: await machine.status(), manager: machine };
}

/** A service that is there, but belongs to somebody else, is worth more than "none here". @throws ActionableError */
async function refuseOtherScope(cli: Cli, scope: Scope): Promise<void> {
  if (scope === 'system') return;
  const { file } = await managerOf(cli, 'system', ownAccount()).status();
  if (file === null) return;
  throw new ActionableError(
    'NOT_FOUND',
    `You have no localpaas service of your own; ${file} is one of the machine.`,
    'Remove that with `sudo localpaas service uninstall`.',
  );
}

function managerOf(cli: Cli, scope: Scope, account: Account): ServiceManager {
  const manager = serviceManager(scope, account, cli.env);
  if (manager === undefined) throw noServiceManager(undefined);
  return manager;
}

function refuseInstallOptions(input: ServiceInput): void {
  for (const [name, option] of Object.entries(installOptions)) {
    const { syntax, initial }: Parameter<unknown> = option;
    if (input[name as keyof typeof installOptions] === initial) continue;
    throw new ActionableError(
      'USAGE',
      `${/--[a-z-]+/.exec(syntax)?.[0]} is for \`localpaas service install\` only.`,
      `\`localpaas service ${input.action}\` takes --json.`,
    );
  }
}
