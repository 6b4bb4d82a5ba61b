import { fakeTransport } from '../support/fake-transport.ts';
import { plainTest, transportContract } from './contract.ts';
import { fakeCast, fleetOf, KICKSTART, sceneAgents } from './scene.ts';

transportContract(
  plainTest(() => {
    const state = fakeCast('here');
    return {
      transport: fakeTransport(fleetOf({ agents: sceneAgents() }), state),
      taken: (agent) => [...(state.agents[agent]?.taken ?? [])],
      typed: () => Object.values(state.agents).flatMap(({ taken = [] }) => taken),
      kickstart: KICKSTART,
    };
  }),
);
