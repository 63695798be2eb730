import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { PlatformSettings } from '#assembly/settings.ts';
import { styleFor } from '#cli/style.ts';
import { banner } from '#cli/up/banner.ts';
import { describe } from '../../support/spec.ts';
import { textSink } from '../text-sink.ts';

const settings = v.parse(PlatformSettings, { port: 80 });
const record = {
  pid: 1,
  startedAt: '',
  url: 'http://127.0.0.1:80',
  domain: 'localhost',
  version: '1.0.0',
  bus: 'nats://127.0.0.1:4222',
  natsServerPid: 2,
  executable: null,
};

function bannerFor(changes: { record?: object; settings?: object; isOutdated?: boolean } = {}): string {
  const { isOutdated = false } = changes;
  const facts = {
    home: '/home/pi/.localpaas',
    readyMs: 80,
    settings: { ...settings, ...changes.settings },
    isOutdated,
  };
  return banner({ ...record, ...changes.record }, facts, styleFor(textSink(), {}), 'localpaas');
}

describe('banner', (it) => {
  it('has addresses one can type, with a port where it takes one', () => {
    assert.match(bannerFor(), /apps {9}http:\/\/<name>\.localhost\n {2}API {10}http:\/\/localhost\n/);
    const other = bannerFor({ record: { url: 'http://127.0.0.1:8080', domain: 'pi.local' } });
    assert.match(other, /http:\/\/<name>\.pi\.local:8080\n/);
    assert.match(other, /http:\/\/api\.pi\.local:8080\n/);
  });

  it('says who else can reach it', () => {
    assert.not.match(bannerFor(), /reachable/);
    assert.match(
      bannerFor({ settings: { listen: '0.0.0.0' } }),
      /reachable {2,}from other machines, at 0\.0\.0\.0, port 80\n/,
    );
  });

  it('says when apps stop that nobody asks for', () => {
    assert.not.match(bannerFor(), /idle/);
    assert.match(bannerFor({ settings: { idleStopSeconds: 600 } }), /idle apps {4}stop after 10m without a request\n/);
  });

  it('warns of a Node without security fixes, where others can reach it', () => {
    assert.not.match(bannerFor({ isOutdated: true }), /security/);
    assert.not.match(bannerFor({ settings: { listen: '0.0.0.0' } }), /security/);
    assert.match(
      bannerFor({ isOutdated: true, settings: { listen: '0.0.0.0' } }),
      /security fixes any more: only for a/,
    );
  });
});
