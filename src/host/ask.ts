import { createInterface } from 'node:readline';
import type { Ask } from './host.ts';

/** The terminal echoes and edits the line by itself; the end of the input is no answer. */
export const ask: Ask = (signal) => {
  if (!process.stdin.isTTY) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin });
    const done = (answer?: string): void => {
      signal?.removeEventListener('abort', none);
      resolve(answer);
      lines.close();
    };
    const none = (): void => done();
    lines.on('line', done);
    lines.on('close', none);
    signal?.addEventListener('abort', none);
  });
};
