import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { forSupervisors } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

/** Until the command that an agent runs has said its exit code. */
const untilEnded = (world: World, said: string): Promise<boolean> =>
  world.until(
    'the command in the session has ended',
    () => existsSync(said) && /exit \d+/.test(readFileSync(said, 'utf8')),
  );

const mosaic = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

forSupervisors(
  'an agent that asks for its own restart is held, and the others are seen to',
  async (world) => {
    const said = world.path('said');
    const boss = `"$0" "$1" apply --restart boss --restart w > ${said} 2>&1; echo "exit $?" >> ${said}; sleep 1000`;
    world.writeFleet({
      agents: [
        {
          name: 'boss',
          command: [
            'sh',
            '-c',
            `while [ ! -e ${said}.go ]; do sleep 0.05; done; ${boss}`,
            process.execPath,
            mosaic,
          ],
        },
        { name: 'w', command: ['sleep', '1000'] },
      ],
    });
    assert.equal((await world.mosaic(['apply'])).code, 0);
    const pids = async (): Promise<Record<string, string>> => {
      const { stdout } = await world.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid}');
      return Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split(' ')) as [string, string][],
      );
    };
    const before = await pids();
    await world.run('touch', [`${said}.go`]);
    await untilEnded(world, said);
    const text = readFileSync(said, 'utf8');
    assert.match(text, /hold {2}boss.*this very command runs in its session/s);
    assert.match(text, /restarted w/);
    assert.match(text, /exit 0/);
    const after = await pids();
    assert.equal(after['boss'], before['boss']);
    assert.notEqual(after['w'], before['w']);
  },
);

forSupervisors('a fleet is not taken down from inside one of its sessions', async (world) => {
  const said = world.path('said');
  world.writeFleet({
    agents: [
      {
        name: 'boss',
        command: [
          'sh',
          '-c',
          `"$0" "$1" down > ${said} 2>&1; echo "exit $?" >> ${said}; sleep 1000`,
          process.execPath,
          mosaic,
        ],
      },
    ],
  });
  await world.mosaic(['apply']);
  await untilEnded(world, said);
  assert.match(readFileSync(said, 'utf8'), /exit (1|75)/);
  assert.deepEqual(await world.sessions(), ['_holder', 'boss']);
});
