import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { ailment, type Clinic } from './clinic.ts';

const secrets = ({ world }: Clinic): string => world.path('secrets.env');

const withSecrets = async (clinic: Clinic): Promise<void> => {
  writeFileSync(secrets(clinic), 'TOKEN=secret\n', { mode: 0o600 });
  clinic.fleet([{ name: 'coder', env_file: secrets(clinic) }]);
  await clinic.apply();
};

ailment('an env file that others may read', 'none', {
  check: 'secret-files',
  health: 'broken',
  says: /secrets\.env is open to others \(mode 0644\)/,
  well: withSecrets,
  breaks: (clinic) => chmodSync(secrets(clinic), 0o644),
});

ailment('an env file of somebody else', 'none', {
  check: 'secret-files',
  health: 'broken',
  says: /belongs to another user \(uid 12345\)/,
  well: withSecrets,
  breaks: (clinic) => chownSync(secrets(clinic), 12345, 12345),
});

ailment('an env file that is not there', 'none', {
  check: 'secret-files',
  health: 'broken',
  says: /secrets\.env is not there, and coder cannot be started/,
  well: withSecrets,
  breaks: (clinic) => rmSync(secrets(clinic)),
  mend: (clinic) => writeFileSync(secrets(clinic), 'TOKEN=secret\n', { mode: 0o600 }),
});

ailment('a rendered file that others may read', 'none', {
  check: 'own-files',
  health: 'broken',
  says: /coder\.tmux is open to others \(mode 0640\)/,
  breaks: ({ world }) => chmodSync(world.path('home/.config/mosaic/fleet/test/agents/coder.tmux'), 0o640),
});

ailment('a state folder that others may enter', 'none', {
  check: 'own-files',
  health: 'broken',
  says: /mosaic\/test is open to others \(mode 0755\)/,
  breaks: (clinic) => chmodSync(clinic.state(), 0o755),
});

ailment('a state that cannot be read', 'none', {
  check: 'state',
  health: 'broken',
  says: /state\.json cannot be used/,
  breaks: (clinic) => writeFileSync(clinic.state('state.json'), '{"agents":', { mode: 0o600 }),
});

ailment('a file of ours that was written in the future', 'none', {
  check: 'clock',
  health: 'warning',
  says: /was set back/,
  breaks(clinic) {
    const tomorrow = Date.now() / 1000 + 86_400;
    utimesSync(clinic.state('state.json'), tomorrow, tomorrow);
  },
});

ailment('a record that lies in the future', 'none', {
  check: 'clock',
  health: 'warning',
  says: /the record of coder lies in the future/,
  breaks(clinic) {
    const path = clinic.state('state.json');
    const state = JSON.parse(readFileSync(path, 'utf8')) as {
      agents: { coder: { run: { started_at: number } } };
    };
    const moment = state.agents.coder.run.started_at;
    state.agents.coder.run.started_at = moment + 86_400_000;
    writeFileSync(path, JSON.stringify(state), { mode: 0o600 });
  },
});

ailment('a folder to work in that is not there', 'none', {
  check: 'folders',
  health: 'broken',
  says: /elsewhere, where writer would work, is not there/,
  async well(clinic) {
    mkdirSync(clinic.world.path('elsewhere'));
    clinic.fleet([{ name: 'coder' }, { name: 'writer', working_directory: clinic.world.path('elsewhere') }]);
    await clinic.apply();
  },
  breaks: ({ world }) => rmSync(world.path('elsewhere'), { recursive: true }),
});

ailment('a repository that is gone', 'none', {
  check: 'repositories',
  health: 'broken',
  says: /the repository of coder cannot be used/,
  async well(clinic) {
    const repository = await clinic.world.makeRepository('app');
    clinic.fleet([{ name: 'coder', working_directory: undefined, worktree: { repository } }], {
      defaults: { runtime: 'idle' },
    });
    await clinic.apply();
  },
  breaks: ({ world }) => renameSync(world.path('repositories/app'), world.path('repositories/away')),
  mend: ({ world }) => renameSync(world.path('repositories/away'), world.path('repositories/app')),
});

ailment('a fleet file that is not valid', 'none', {
  check: 'fleet-file',
  health: 'broken',
  says: /fleet\.yaml is not valid: 1 problem, the first: /,
  // Without a fleet, nothing of it is looked at: not even that nothing applies it by itself.
  async well(clinic) {
    clinic.fleet([{ name: 'coder' }]);
    await clinic.shell('mosaic validate');
  },
  breaks: ({ world }) =>
    writeFileSync(world.path('work/fleet.yaml'), `${readFileSync(world.fleetFile, 'utf8')}more: 1\n`),
  untold: ['triggers'],
  mend: ({ world }) =>
    writeFileSync(world.fleetFile, readFileSync(world.fleetFile, 'utf8').replace('more: 1\n', '')),
});
