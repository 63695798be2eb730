import type { FrameworkName } from './frameworks.ts';
import { node } from './node.ts';
import { otpRebar } from './otp.ts';
import { php } from './php.ts';
import type { Plugin } from './plan.ts';
import { play } from './play.ts';
import { django, wsgi } from './python.ts';
import { rails3 } from './rails.ts';
import { rack, sinatra } from './ruby.ts';
import { standalone } from './standalone.ts';
import { javaWeb, lift, spring } from './tomcat.ts';

/** What stages the apps of each framework. */
export const plugins: Readonly<Record<FrameworkName, Plugin>> = {
  rails3,
  rack,
  sinatra,
  php,
  django,
  wsgi,
  node,
  java_web: javaWeb,
  spring,
  grails: spring,
  lift,
  play,
  otp_rebar: otpRebar,
  standalone,
};
