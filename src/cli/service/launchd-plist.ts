import { join } from 'node:path';
import { type ServicePlan, serviceName } from './plan.ts';

/** How launchd is told what to run: launchd.plist(5). */
export function launchdPlist(plan: ServicePlan): string {
  const { account, scope } = plan;
  const log = join(account.home, 'Library', 'Logs', 'localpaas.log');
  const entries: [string, Value][] = [
    ['Label', serviceName],
    ['ProgramArguments', [...plan.program, 'up', ...plan.options]],
    // A daemon is given neither a home nor a name of its user.
    ['EnvironmentVariables', { HOME: account.home, USER: account.name, LOGNAME: account.name, ...plan.environment }],
    ...(scope === 'system' ? [['UserName', account.name] as [string, Value]] : []),
    ['RunAtLoad', true],
    // Again after a crash and after an upgrade (75), not when somebody stopped it.
    ['KeepAlive', { SuccessfulExit: false }],
    // Seconds between two starts, which also keeps one that always fails from using up the machine.
    ['ThrottleInterval', 5],
    // Apps outlive a platform that crashes or is replaced.
    ['AbandonProcessGroup', true],
    // Seconds for the apps to stop.
    ['ExitTimeOut', 60],
    ['ProcessType', 'Interactive'],
    ['StandardOutPath', log],
    ['StandardErrorPath', log],
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<!-- `localpaas service install` writes this file anew. -->',
    '<plist version="1.0">',
    ...elementOf(Object.fromEntries(entries), ''),
    '</plist>',
    '',
  ].join('\n');
}

type Value = string | number | boolean | readonly string[] | { readonly [key: string]: Value };

function elementOf(value: Value, indent: string): string[] {
  if (typeof value === 'string') return [`${indent}<string>${escaped(value)}</string>`];
  if (typeof value === 'number') return [`${indent}<integer>${value}</integer>`];
  if (typeof value === 'boolean') return [`${indent}<${value}/>`];
  const inner = `${indent}\t`;
  if (isList(value))
    return [`${indent}<array>`, ...value.flatMap((each) => elementOf(each, inner)), `${indent}</array>`];
  const members = Object.entries(value).flatMap(([key, each]) => [
    `${inner}<key>${escaped(key)}</key>`,
    ...elementOf(each, inner),
  ]);
  return [`${indent}<dict>`, ...members, `${indent}</dict>`];
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
