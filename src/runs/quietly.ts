/** What cannot be done on the machine, and keeps nobody from going on: it is told. */
import { HostError } from '../host/host.ts';
import type { Report } from './progress.ts';

/** Gives whether it was done. */
export const quietly =
  (report: Report, mask: (text: string) => string = (text) => text) =>
  (task: () => void): boolean => {
    try {
      task();
      return true;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      report({ type: 'trouble', message: mask(error.message) });
      return false;
    }
  };
