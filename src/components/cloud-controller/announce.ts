import { randomUUID } from 'node:crypto';
import { type Announcement, componentAnnounce, componentDiscover, uptimeText } from '#contract/discovery.ts';
import { rubyTime } from '#contract/primitives.ts';
import { type RouteMessage, routerRegister, routerStart, routerUnregister } from '#contract/routes.ts';
import { checkToken } from '#contract/tokens.ts';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { ComponentContext } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { repeat } from '#ground/wait.ts';
import type { Access } from './access.ts';

export interface Endpoint {
  readonly port: number;
  readonly uris: readonly string[];
  readonly registerSeconds: number;
}

/** Has the routers send the API's requests here, for as long as `undo` lives. */
export function announceEndpoint(
  undo: AsyncDisposableStack,
  { bus, log }: ComponentContext,
  { port, uris, registerSeconds }: Endpoint,
): void {
  const route: RouteMessage = { host: '127.0.0.1', port, uris: [...uris], tags: { component: 'CloudController' } };
  const register = () => bus.publish(routerRegister, route);
  const failed = (error: unknown) => log.warn('endpoint not registered', { error: messageOf(error) });
  undo.use(bus.subscribe(routerStart, register));
  undo.use(bus.onReconnect(register));
  undo.use(repeat(registerSeconds * 1000, register, failed));
  undo.defer(() => bus.publish(routerUnregister, route));
  register();
}

/** Tells whoever asks that there is a cloud controller. It has no status listener: the API says what there is to say. */
export function announceComponent(undo: AsyncDisposableStack, { bus }: ComponentContext): void {
  const startedAt = new Date();
  const uuid = randomUUID().replaceAll('-', '');
  const announcement: Announcement = {
    type: 'CloudController',
    index: 0,
    uuid,
    host: null,
    credentials: null,
    start: rubyTime(startedAt),
  };
  undo.use(
    bus.answer(componentDiscover, () => ({ ...announcement, uptime: uptimeText(Date.now() - startedAt.getTime()) })),
  );
  bus.publish(componentAnnounce, announcement);
}

/** Answers the parts that have endpoints of their own whether a token is good. */
export function answerTokenChecks(undo: AsyncDisposableStack, { bus }: ComponentContext, access: Access): void {
  undo.use(
    bus.answer(checkToken, async ({ token }) => {
      const verified = await access.verify(token);
      if (verified === undefined) return { valid: false };
      return {
        valid: true,
        user: verified.holder.user?.name ?? verified.holder.clientId,
        expires_at: verified.expiresAt,
      };
    }),
  );
}
