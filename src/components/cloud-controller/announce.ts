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
