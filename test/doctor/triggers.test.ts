import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { inCronWorld } from '../cron/daemon.ts';
import { ailment, clinicOf, treat, type Ailment, type Clinic } from './clinic.ts';

const withTriggers = async (clinic: Clinic): Promise<void> => {
  clinic.fleet([{ name: 'coder' }]);
  await clinic.shell('mosaic fleet install-systemd');
};

const unit = ({ world }: Clinic, name: string): string => world.path('home/.config/systemd/user', name);

/** Changes what a unit runs, and has systemd read it. */
const rewrite =
  (change: (text: string, clinic: Clinic) => string) =>
  async (clinic: Clinic): Promise<void> => {
    const path = unit(clinic, 'mosaic-gates.service');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, change(text, clinic));
    assert.notEqual(readFileSync(path, 'utf8'), text);
    await clinic.world.systemctl('daemon-reload');
  };

const triggers = (name: string, what: Omit<Ailment, 'check' | 'well'>): void =>
  ailment(name, 'systemd', { check: 'triggers', well: withTriggers, ...what });

triggers('a unit whose node is gone', {
  health: 'broken',
  says: /^mosaic-gates\.service runs \/opt\/none\/bin\/node, which is not there/,
  breaks: rewrite((text) => text.replace(`"${process.execPath}"`, '"/opt/none/bin/node"')),
});

triggers('a unit whose mosaic is gone', {
  health: 'broken',
  says: /^mosaic-gates\.service runs .*none\.js, which is not there/,
  breaks: rewrite((text) => text.replace('mosaic.js"', 'none.js"')),
});

triggers('a unit that runs another mosaic', {
  health: 'warning',
  says: /^mosaic-gates\.service runs another mosaic than this/,
  breaks: rewrite((text, { world }) => {
    writeFileSync(world.path('mosaic.js'), '');
    return text.replace(/"[^"]*mosaic\.js"/, `"${world.path('mosaic.js')}"`);
  }),
});

triggers('a unit that runs a node that is too old', {
  health: 'broken',
  says: /^mosaic-gates\.service runs node v18\.1\.0 .*, which is too old/,
  breaks: rewrite((text, { world }) => {
    writeFileSync(world.path('node'), '#!/bin/sh\necho v18.1.0\n', { mode: 0o755 });
    return text.replace(`"${process.execPath}"`, `"${world.path('node')}"`);
  }),
});

triggers('a timer that is not enabled', {
  health: 'broken',
  says: /^mosaic-reconcile\.timer is not enabled/,
  breaks: ({ world }) => world.systemctl('disable', 'mosaic-reconcile.timer'),
});

triggers('a path unit that was stopped', {
  health: 'broken',
  says: /^mosaic-fleet\.path is not active/,
  breaks: ({ world }) => world.systemctl('stop', 'mosaic-fleet.path'),
});

triggers('a unit that systemd has not read', {
  health: 'warning',
  says: /^mosaic-reconcile\.timer was changed, and systemd has not read it/,
  breaks(clinic) {
    const path = unit(clinic, 'mosaic-reconcile.timer');
    writeFileSync(path, readFileSync(path, 'utf8'));
  },
});

triggers('a path unit that is gone', {
  health: 'broken',
  says: /^mosaic-reconcile\.path is not there/,
  async breaks(clinic) {
    await clinic.world.systemctl('disable', '--now', 'mosaic-reconcile.path');
    rmSync(unit(clinic, 'mosaic-reconcile.path'));
    await clinic.world.systemctl('daemon-reload');
  },
});

triggers('a unit with other words', {
  health: 'warning',
  says: /^mosaic-gates\.service is not as mosaic would write it/,
  breaks: rewrite((text) => text.replace('StartLimitIntervalSec=0\n', '')),
});

triggers('a unit with an empty PATH', {
  health: 'broken',
  says: /^mosaic-gates\.service has an empty PATH/,
  breaks: rewrite((text) => text.replace(/^Environment="PATH=.*"$/m, 'Environment="PATH="')),
});

triggers('a unit with another PATH than the agents', {
  health: 'warning',
  says: /^mosaic-gates\.service has another PATH than the agents are given/,
  breaks: rewrite((text) => text.replace('Environment="PATH=', 'Environment="PATH=/opt/none:')),
});

triggers('a unit that applies another file', {
  health: 'broken',
  says: /^mosaic-gates\.service applies another file \(.*other\.yaml, not .*fleet\.yaml\)/,
  breaks: rewrite((text, { world }) => {
    writeFileSync(world.path('other.yaml'), readFileSync(world.fleetFile));
    return text.replace(world.fleetFile, world.path('other.yaml'));
  }),
});

triggers('units that belong to another fleet', {
  health: 'warning',
  says: /^mosaic-gates\.service belongs to the fleet other: it does not apply this one/,
  breaks: rewrite((text) => text.replace('fleet=test', 'fleet=other')),
  also: {},
  mend(clinic, finding) {
    assert.equal(finding.command, undefined);
    assert.match(finding.advice ?? '', /systemd\.unit_prefix/);
    return rewrite((text) => text.replace('fleet=other', 'fleet=test'))(clinic);
  },
});

ailment('a wake flag that nobody takes down', 'systemd', {
  check: 'wake-flag',
  health: 'warning',
  says: /^an agent ended 20 minutes ago, and no reconcile has begun since/,
  well: withTriggers,
  async breaks(clinic) {
    await clinic.world.systemctl('stop', 'mosaic-reconcile.path', 'mosaic-reconcile.timer');
    await clinic.shell(`touch --date='-20 min' '${clinic.state('wake')}'`);
  },
  also: { triggers: 'broken' },
  async mend(clinic, finding) {
    await clinic.shell(finding.command ?? '');
    await clinic.world.until('the flag is taken down', () => !existsSync(clinic.state('wake')));
    await clinic.world.systemctl('start', 'mosaic-reconcile.timer');
  },
});

triggers('a service that failed', {
  health: 'broken',
  says: /^mosaic-gates\.service failed the last time/,
  async breaks({ world }) {
    const good = readFileSync(world.fleetFile, 'utf8');
    writeFileSync(world.path('good.yaml'), good);
    await world.systemctl('stop', 'mosaic-fleet.path', 'mosaic-reconcile.timer');
    writeFileSync(world.fleetFile, 'nonsense: 1\n');
    await world.systemctl('start', 'mosaic-gates.service');
    writeFileSync(world.fleetFile, good);
    await world.systemctl('start', 'mosaic-fleet.path', 'mosaic-reconcile.timer');
    await world.systemctl('reset-failed', 'mosaic-reconcile.service');
  },
});

inCronWorld('a crontab whose node is gone', (cron, t) =>
  treat(
    clinicOf(cron.world, t, (...words) => cron.run(...words)),
    {
      check: 'triggers',
      health: 'broken',
      says: /^the line in the crontab runs \/opt\/none\/bin\/node, which is not there/,
      async well(clinic) {
        clinic.fleet([{ name: 'coder' }]);
        await clinic.shell('mosaic fleet install-cron');
        await clinic.apply();
      },
      breaks: async () =>
        cron.setCrontab((await cron.crontab()).replace(`{ ${process.execPath} `, '{ /opt/none/bin/node ')),
    },
  ),
);

inCronWorld('a crontab that applies another file', (cron, t) =>
  treat(
    clinicOf(cron.world, t, (...words) => cron.run(...words)),
    {
      check: 'triggers',
      health: 'broken',
      says: /^the line in the crontab applies another file \(.*other\.yaml, not .*fleet\.yaml\)/,
      async well(clinic) {
        clinic.fleet([{ name: 'coder' }]);
        await clinic.shell('mosaic fleet install-cron');
        await clinic.apply();
      },
      async breaks({ world }) {
        const other = world.path('other.yaml');
        writeFileSync(other, readFileSync(world.fleetFile));
        await cron.setCrontab((await cron.crontab()).replace(world.fleetFile, other));
      },
    },
  ),
);

inCronWorld('nothing that applies the fleet', (cron, t) =>
  treat(
    clinicOf(cron.world, t, (...words) => cron.run(...words)),
    {
      check: 'triggers',
      health: 'warning',
      says: /^nothing applies the fleet by itself/,
      async well(clinic) {
        clinic.fleet([{ name: 'coder' }]);
        await clinic.shell('mosaic fleet install-cron');
        await clinic.apply();
      },
      breaks: () => cron.setCrontab(''),
    },
  ),
);
