/** As after a power cut: no server, no started units, and records of another boot. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Scene } from '../../e2e/support/scene.ts';
import type { Project } from './mission.ts';

const BEFORE = '00000000-1111-2222-3333-444444444444';

export async function reboot(scene: Scene, projects: readonly Project[]): Promise<void> {
  await scene.killServer();
  if (scene.world.supervisor === 'systemd') await scene.world.systemctl('stop', 'mosaic-tmux-holder.service');
  const agents = Object.keys(scene.readState().agents);
  scene.changeState((state) => {
    for (const { run } of Object.values(state.agents)) if (run !== undefined) run.boot_id = BEFORE;
  });
  const locks = [
    ...agents
      .filter((agent) => scene.lock(agent) !== undefined)
      .map((agent) => scene.state('locks', `${agent}.json`)),
    ...projects
      .filter((project) => project.lock() !== undefined)
      .map((project) => project.path('.mosaic/orchestrator/session.lock')),
  ];
  for (const path of locks) {
    const lock = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...lock, boot_id: BEFORE }));
  }
}
