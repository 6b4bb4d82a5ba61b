/** What an apply writes to the files of missions: each action under the mission's own lock. */
import { counted } from '../../base/text.ts';
import { beginSession } from '../../coord/begin.ts';
import { changeMission } from '../../coord/change.ts';
import { endSession } from '../../coord/end.ts';
import { initMission } from '../../coord/init.ts';
import { joinSession } from '../../coord/join.ts';
import { sessionTexts } from '../../coord/texts.ts';
import type { Host } from '../../host/host.ts';
import { noteEntry } from '../../mission/scratchpad.ts';
import { isOpen, lastSession } from '../../mission/select.ts';
import { policyOf, settled } from '../../mission/settle.ts';
import { setTaskStatus } from '../../mission/tasks.ts';
import type { Mission } from '../../model/fleet.ts';
import { seeRecord } from '../../observe/mission.ts';
import { observeDirty } from '../../observe/project.ts';
import { done, type ApplyContext, type Operation } from '../context.ts';
import { eachAlone } from '../each.ts';
import { OperationError } from '../errors.ts';

export const makeMission: Operation<'make-mission'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const wish = missionNamed(context, action.mission);
    const { id, name, project, qualityGates, milestones, state } = wish;
    const { made } = await initMission(
      context.host,
      project,
      {
        id,
        name,
        milestones,
        policy: policyOf(wish),
        ...(qualityGates === undefined ? {} : { qualityGates }),
        ...(state === 'active' ? {} : { status: state }),
      },
      { only: 'missing' },
    );
    return done(action, made.length === 0 ? undefined : `${counted(made.length, 'file')} in ${project}`);
  });

export const changeMissions: Operation<'change-mission'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const wish = missionNamed(context, action.mission);
    const now = context.host.clock.now();
    await changeMission(context.host, wish.project, (record, tasks) => settled(record, wish, tasks, now));
    return done(action);
  });

export const endMissionSession: Operation<'end-mission-session'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { project } = missionNamed(context, action.mission);
    await endSession(context.host, project, {
      sessionId: action.session,
      reason: action.because,
      at: action.at,
    });
    return done(action);
  });

export const blockTask: Operation<'block-task'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { project } = missionNamed(context, action.mission);
    const when = new Date(context.host.clock.now()).toISOString();
    const lines = [`${action.reason}. Set it to not-started when it can go on.`];
    await changeMission(context.host, project, (record) => record, {
      tasks: (text) => setTaskStatus(text, action.task, 'blocked'),
      scratchpad: noteEntry(`${action.task} blocked`, when, lines),
    });
    return done(action);
  });

export const beginMissionSession: Operation<'begin-mission-session'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { host, fleet } = context;
    const mission = missionNamed(context, action.mission);
    const agent = fleet.agents.find(({ name }) => name === action.agent);
    if (agent === undefined) throw new OperationError(`${action.agent} is not in the fleet file`);
    const now = host.clock.now();
    const dirty = action.prompt === 'recover' ? await observeDirty(host, action.workplace) : undefined;
    const begun = await beginSession(host, mission.project, {
      runtime: agent.runtime,
      agent: agent.name,
      launcher: true,
      workplace: action.workplace,
      now,
      texts: (begin) =>
        sessionTexts(
          {
            kind: action.prompt,
            now,
            ...(dirty?.known === true ? { dirty: dirty.value } : {}),
            ...(agent.kickstart === undefined ? {} : { kickstart: agent.kickstart }),
          },
          begin,
        ),
    });
    return done(action, [begun.sessionId, begun.task?.id].filter((part) => part !== undefined).join(', '));
  });

/** The run of its agent, as its start has noted it; one that has ended at once by then leaves no process to lock for. */
export const joinMissionSession: Operation<'join-mission-session'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { project } = missionNamed(context, action.mission);
    const record = context.state.current.agents[action.agent];
    const run = record?.run?.key ?? record?.ended?.run;
    if (run === undefined) throw new OperationError(`${action.agent} has no run`);
    const sessionId = openSession(context.host, project);
    await joinSession(context.host, project, { sessionId, pid: record?.run?.pid ?? 0, run });
    return done(action);
  });

function missionNamed({ fleet }: ApplyContext, id: string): Mission {
  const mission = fleet.missions.find((one) => one.id === id);
  if (mission === undefined) throw new OperationError(`the mission ${id} is not in the fleet file`);
  return mission;
}

function openSession(host: Host, project: string): string {
  const { record } = seeRecord(host, project);
  const last = record.known && record.value !== undefined ? lastSession(record.value) : undefined;
  if (last === undefined || !isOpen(last)) throw new OperationError('its mission has no open session');
  return last.session_id;
}
