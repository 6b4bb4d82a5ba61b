/** The contract's agents on a host behind ssh. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realHost } from '../../../src/host/real.ts';
import type { Fleet } from '../../../src/model/fleet.ts';
import { sshTransport } from '../../../src/transport/ssh/ssh.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import type { FakeState } from '../../support/fake-transport.ts';
import type { Far } from '../../support/sshd.ts';
import { fakeCast, fleetOf, sceneAgents } from '../scene.ts';

const fakeMosaic = fileURLToPath(new URL('fake-mosaic.ts', import.meta.url));
const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url));

export interface FarScene {
  fleet: Fleet;
  transport: Transport;
  state: () => FakeState;
  /** Writes the fleet file there. */
  writeFleet: (document: Record<string, unknown>) => void;
}

/** @param remote what the fleet file here says of that host besides `ssh` and `ssh_config` */
export function farScene(far: Far, remote: Record<string, unknown> = {}): FarScene {
  const file = join(far.home, 'state.json');
  writeFileSync(file, JSON.stringify(fakeCast('far')));
  const mosaic = far.script(
    'mosaic',
    `FAKE_STATE=${file} exec '${process.execPath}' --import 'file://${tsx}' '${fakeMosaic}' "$@"`,
  );
  const writeFleet = (document: Record<string, unknown>): void =>
    writeFileSync(join(far.home, 'fleet.yaml'), JSON.stringify({ version: 1, name: 'test', ...document }));
  writeFleet({ agents: sceneAgents() });
  const fleet = farFleet(far, { mosaic: [mosaic], ...remote });
  return {
    fleet,
    transport: sshTransport(realHost(), fleet),
    state: () => JSON.parse(readFileSync(file, 'utf8')) as FakeState,
    writeFleet,
  };
}

/** The built command, as it is called there. */
export const farMosaic = (far: Far): string =>
  far.script('mosaic', `exec '${process.execPath}' '${built}' "$@"`);

const built = fileURLToPath(new URL('../../../dist/mosaic.js', import.meta.url));

export const farFleet = (far: Far, remote: Record<string, unknown> = {}): Fleet =>
  fleetOf({
    hosts: { Far: { ssh: 'far', ssh_config: far.config, connect_timeout: '3s', ...remote } },
    agents: sceneAgents({ host: 'far' }),
  });
