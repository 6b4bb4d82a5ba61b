/** What else is on the fleet's tmux server. It is another's: nothing here ends it or takes it over. */
import { shellWord } from '../base/shell.ts';
import { formulaOfSession } from '../model/formula.ts';
import { check, ok, unknownFinding, type Check, type Finding, type Patient } from './check.ts';

interface ForeignFacts {
  file: string;
  foreign: { name: string; agent: boolean; fleet: string | undefined }[] | undefined;
}

export const foreignSessions: Check<Patient> = check(
  'foreign-sessions',
  async ({ fleet, file, observed }): Promise<ForeignFacts> => {
    const { tmux } = await observed;
    const agents = new Set(fleet.agents.map(({ name }) => name));
    return {
      file,
      foreign: tmux.known
        ? tmux.value.sessions.flatMap(({ name, owner }) =>
            owner?.fleet === fleet.name ? [] : [{ name, agent: agents.has(name), fleet: owner?.fleet }],
          )
        : undefined,
    };
  },
  ({ file, foreign }) => {
    if (foreign === undefined) return unknownFinding('the tmux server does not answer');
    if (foreign.length === 0) return ok('every session on the socket is of this fleet');
    return foreign.map(({ name, agent, fleet }): Finding => {
      const whose = fleet === undefined ? 'nobody’s that mosaic knows' : `the fleet ${fleet}’s`;
      const apart = `Two fleets do not share a server: give one of them another tmux.socket_name (here: in ${file}).`;
      if (agent)
        return {
          health: 'broken',
          message: `the session ${name} is ${whose}, and keeps the agent of that name from starting`,
          advice:
            fleet === undefined
              ? `End it or rename it yourself, and mosaic starts the agent; where it is the agent, mosaic apply --adopt ${shellWord(name)} takes it over as it is.`
              : apart,
        };
      const formula = formulaOfSession(name);
      if (formula !== undefined)
        return {
          health: 'broken',
          message: `the session ${name} is ${whose}, and keeps the formula ${formula} from running`,
          advice: fleet === undefined ? 'End it or rename it yourself.' : apart,
        };
      return {
        health: 'warning',
        message: `the session ${name} on the fleet’s socket is ${whose}`,
        advice: fleet === undefined ? 'mosaic leaves it alone: end it, or move it, yourself.' : apart,
      };
    });
  },
);
