/** The first line of every file that we render: whose it is. */

export const header = (fleet: string): string => `# mosaic fleet=${fleet}`;

export const notice = '# Made by mosaic from the fleet file; what is changed here is overwritten.';

/** Whose file this is: a fleet's name, or undefined when no mosaic made it. */
export function fleetOf(text: string): string | undefined {
  return /^# mosaic fleet=([a-z0-9][a-z0-9-]*)(?: |$)/m.exec(
    text.slice(0, text.indexOf('\n') + 1 || undefined),
  )?.[1];
}
