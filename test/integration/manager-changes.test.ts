import { expect, it } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { signedIn, startManager } from '../support/manager.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('tells open pages at once that something has changed, and nothing to who has not signed in', async () => {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const [manager] = await Promise.all([startManager(site), ServerProcess.start(site.config)]);
  expect((await fetch(`${manager.base}/live/changes`)).status).toBe(401);

  const ada = await signedIn(manager);
  const answer = await ada.get('/live/changes');
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let said = '';
  const until = async (wanted: string): Promise<void> => {
    while (!said.includes(wanted)) said += (await reader?.read())?.value ?? '';
  };
  // Its first look is taken, and all is quiet: the heartbeat.
  await until('\n\n:\n\n');
  said = '';
  await fetch(`http://127.0.0.1:${site.httpPort}/nothing.txt`);
  await until('event: changed\ndata: {}\n\n');
  await reader?.cancel();
});
