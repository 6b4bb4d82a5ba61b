/** Lets only so many at a time through for each name; the others take turns. */
export function turns(atOnce: number): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const queues = new Map<string, { busy: number; waiting: (() => void)[] }>();
  return async (name, work) => {
    const queue = queues.get(name) ?? { busy: 0, waiting: [] };
    queues.set(name, queue);
    if (queue.busy < atOnce) queue.busy += 1;
    else await new Promise<void>((go) => queue.waiting.push(go));
    try {
      return await work();
    } finally {
      // The place goes to the next one as it is.
      const next = queue.waiting.shift();
      if (next === undefined) queue.busy -= 1;
      else next();
    }
  };
}
