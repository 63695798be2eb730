import * as v from 'valibot';
import { exchange } from '#ground/subject.ts';

const TokenCheck = v.object({ token: v.string() });
const TokenVerdict = v.object({
  valid: v.boolean(),
  user: v.optional(v.string()),
  /** Seconds since 1970 until which the verdict holds. */
  expires_at: v.optional(v.number()),
});

/** Whether an access token is one of ours. The cloud controller alone holds the key; whoever else has endpoints asks. */
export const checkToken = exchange('localpaas.token.check', TokenCheck, TokenVerdict);
