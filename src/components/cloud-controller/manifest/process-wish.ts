import { ApiError } from '#contract/api/errors.ts';
import { megabytesOf } from '#ground/bytes.ts';
import { changedHealthCheck, type HealthCheckRequest } from '../health-check.ts';
import { maxInstances } from '../limits.ts';
import type { ProcessRecord } from '../records.ts';
import { healthCheckTypeOf, type ProcessAttributes } from './attributes.ts';

/** What a manifest wants of a process; what is undefined stays as it is. */
export interface ProcessWish {
  readonly memoryMb: number | undefined;
  readonly diskMb: number | undefined;
  readonly instances: number | undefined;
  /** `null`: whatever staging finds. */
  readonly command: string | null | undefined;
  readonly healthCheck: HealthCheckRequest;
}

/** @throws ApiError 422 */
export function processWishOf(attributes: ProcessAttributes): ProcessWish {
  const { memory, 'disk-quota': disk, command } = attributes;
  return {
    memoryMb: sizeOf('memory', memory),
    diskMb: sizeOf('disk-quota', disk),
    instances: instancesOf(attributes.instances),
    command: command === undefined || command === null ? command : commandOf(String(command)),
    healthCheck: healthCheckOf(attributes),
  };
}

export function wishedProcess(process: ProcessRecord, wish: ProcessWish): ProcessRecord {
  return {
    ...process,
    memoryMb: wish.memoryMb ?? process.memoryMb,
    diskMb: wish.diskMb ?? process.diskMb,
    instances: wish.instances ?? process.instances,
    command: wish.command === undefined ? process.command : wish.command,
    healthCheck: changedHealthCheck(process.healthCheck, wish.healthCheck),
  };
}

/** In MB; undefined when nothing is said. @throws ApiError 422 */
export function sizeOf(name: string, value: string | number | boolean | null | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  const text = String(value).trim();
  if (/^\d+$/.test(text)) throw refused(`${name} needs a unit: write ${text}M if you mean megabytes.`);
  const megabytes = megabytesOf(text);
  if (megabytes === undefined) throw refused(`${name} '${text}' must be a size like 256M or 1G.`);
  if (megabytes < 1 || megabytes >= 2 ** 31) throw refused(`${name} must be at least 1M, not ${text}.`);
  return megabytes;
}

function instancesOf(value: number | null | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value < 0 || value > maxInstances) throw refused(`instances must be from 0 to ${maxInstances}, not ${value}.`);
  return value;
}

/** `default` and `null` are how command lines say: as staging finds it. */
function commandOf(command: string): string | null {
  return ['', 'default', 'null'].includes(command.trim()) ? null : command;
}

function healthCheckOf(attributes: ProcessAttributes): HealthCheckRequest {
  const { 'health-check-type': name, 'health-check-http-endpoint': endpoint, timeout } = attributes;
  const type = name == null ? undefined : healthCheckTypeOf(name);
  if (name != null && type === undefined) {
    throw refused(`health-check-type '${name}' must be port, process or http.`);
  }
  if (timeout != null && !(Number.isInteger(timeout) && timeout >= 1 && timeout <= 3_600)) {
    throw refused(`timeout must be a whole number of seconds from 1 to 3600, not ${timeout}.`);
  }
  const data = { ...(timeout == null ? {} : { timeout }), ...(endpoint == null ? {} : { endpoint }) };
  return { ...(type === undefined ? {} : { type }), data };
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
