/** The contract, over a real ssh server, with fakes on its other side. */
import { withFar } from '../../support/sshd.ts';
import { transportContract } from '../contract.ts';
import { KICKSTART } from '../scene.ts';
import { farScene } from './far-scene.ts';

transportContract((name, body) =>
  withFar(name, async (_, far, t) => {
    const { transport, state } = farScene(far);
    const typed = (): string[] => Object.values(state().agents).flatMap(({ taken = [] }) => taken);
    const taken = (agent: string): string[] => state().agents[agent]?.taken ?? [];
    await body({ transport, taken, typed, kickstart: KICKSTART }, t);
  }),
);
