/** One call on a mission in a process of its own, on a host on which it may be killed. */
import { appendFileSync } from 'node:fs';
import { beginSession } from '../../src/coord/begin.ts';
import { changeMission } from '../../src/coord/change.ts';
import { endSession } from '../../src/coord/end.ts';
import { initMission } from '../../src/coord/init.ts';
import { joinSession } from '../../src/coord/join.ts';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import { noteEntry } from '../../src/mission/scratchpad.ts';
import { appendTask } from '../../src/mission/tasks.ts';
import { faultyHost } from '../faults/fault.ts';
import type { DriverCall } from './drive.ts';

const { project, call, fault, log } = JSON.parse(process.argv[2] ?? '') as DriverCall;
const host = faultyHost(realHost(), fault, (one) => appendFileSync(log, `${JSON.stringify(one)}\n`));

async function act(on: Host): Promise<unknown> {
  switch (call.kind) {
    case 'init':
      return initMission(on, project, call.wish);
    case 'begin': {
      const told = { prompt: 'go on\n', capsule: '{}\n' };
      return beginSession(on, project, {
        runtime: 'claude',
        launcher: true,
        now: call.at,
        texts: () => told,
      });
    }
    case 'join':
      return joinSession(on, project, { sessionId: call.session, pid: call.pid, run: '1.2.3' });
    case 'end':
      return endSession(on, project, { sessionId: call.session, reason: 'premature', at: call.at });
    case 'add': {
      const { number } = call;
      return changeMission(on, project, (record) => ({ ...record, [`from_${number}`]: number }), {
        tasks: (text) =>
          appendTask(text, { id: `P${number}`, milestone: 'M1', description: `added ${number}` }),
        scratchpad: noteEntry(`Note ${number}.`, '2026-01-02', []),
      });
    }
  }
}

await act(host);
