/** `mosaic agent serve` of a host whose agents are fakes, kept in $FAKE_STATE between two commands. */
import { readFileSync, writeFileSync } from 'node:fs';
import { serveCommand } from '../../../src/commands/agent/serve.ts';
import { realHost } from '../../../src/host/real.ts';
import { fakeTransport, type FakeState } from '../../support/fake-transport.ts';

const file = process.env['FAKE_STATE'] ?? '';
const state = JSON.parse(readFileSync(file, 'utf8')) as FakeState;
const terminal = {
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
  color: false,
  columns: 80,
  interactive: false,
};
const { signal } = new AbortController();
process.exitCode = await serveCommand({ host: realHost(), terminal, signal, version: 'test' }, (fleet) =>
  fakeTransport(fleet, state),
);
writeFileSync(file, JSON.stringify(state));
