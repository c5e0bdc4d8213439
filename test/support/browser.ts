import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { browserProgram } from './browser-program.ts';

export { browserProgram };

export interface Window {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** false = as with scripts switched off. */
  readonly scripts?: boolean;
}

/** One tab of a headless browser, driven by the DevTools protocol over a pipe: no port, nothing left behind. */
export interface Tab {
  goto(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON can hold it. */
  evaluate(expression: string): Promise<unknown>;
  press(key: string): Promise<void>;
  screenshot(): Promise<Buffer>;
  /** What the browser had to say: refused by policy, failed to load, thrown. */
  readonly complaints: readonly string[];
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
];

/** Open a tab; the browser ends with the test. */
export async function openTab(window: Window): Promise<Tab> {
  const home = await mkdtemp(path.join(tmpdir(), 'branchline-browser-'));
  const child = spawn(browserProgram ?? 'chromium', [...flags, `--user-data-dir=${home}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: home },
  });
  onTestFinished(async () => {
    const gone = once(child, 'exit');
    if (child.kill('SIGKILL')) await gone;
    await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  const [, , , into, from] = child.stdio as unknown as [0, 0, 0, Writable, Readable]; // Node types only the first three.
  const wire = new Wire(into, from);

  const { targetId } = await wire.ask('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await wire.ask('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method: string, params: object = {}): Promise<Record<string, unknown>> =>
    wire.ask(method, params, String(sessionId));
  const complaints: string[] = [];
  wire.listen('Log.entryAdded', ({ entry }) => complaints.push(JSON.stringify(entry)));
  wire.listen('Runtime.exceptionThrown', (params) => complaints.push(JSON.stringify(params)));
  for (const domain of ['Page', 'Log', 'Runtime']) await ask(`${domain}.enable`);
  await ask('Emulation.setDeviceMetricsOverride', {
    width: window.width,
    height: window.height ?? 800,
    deviceScaleFactor: 1,
    mobile: false,
  });
  await ask('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: window.scheme ?? 'light' }],
  });
  await ask('Emulation.setScriptExecutionDisabled', { value: window.scripts === false });

  return {
    complaints,
    async goto(url) {
      const loaded = wire.next('Page.loadEventFired');
      await ask('Page.navigate', { url });
      await loaded;
    },
    async evaluate(expression) {
      const { result, exceptionDetails } = await ask('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
      return result && typeof result === 'object' && 'value' in result ? result.value : undefined;
    },
    async press(key) {
      for (const type of ['keyDown', 'keyUp']) {
        await ask('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: 9 });
      }
    },
    async screenshot() {
      const { data } = await ask('Page.captureScreenshot', {
        format: 'png',
        captureBeyondViewport: true,
      });
      return Buffer.from(String(data), 'base64');
    },
  };
}

/** Questions and answers, each a JSON text ended by NUL. */
class Wire {
  readonly #into: Writable;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #listeners = new Map<string, ((params: Record<string, unknown>) => unknown)[]>();
  #count = 0;
  #buffered = '';

  constructor(into: Writable, from: Readable) {
    this.#into = into;
    from.setEncoding('utf8').on('data', (text: string) => {
      const messages = (this.#buffered + text).split('\0');
      this.#buffered = messages.pop() ?? '';
      // What the browser sends is not ours to check.
      for (const message of messages) this.#take(JSON.parse(message) as Message);
    });
  }

  async ask(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = (this.#count += 1);
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#into.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  listen(method: string, listener: (params: Record<string, unknown>) => unknown): void {
    this.#listeners.set(method, [...(this.#listeners.get(method) ?? []), listener]);
  }

  next(method: string): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      this.listen(method, resolve);
    });
  }

  #take(message: Message): void {
    if (message.id !== undefined) {
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    }
    for (const listener of this.#listeners.get(message.method ?? '') ?? []) {
      listener(message.params ?? {});
    }
  }
}
