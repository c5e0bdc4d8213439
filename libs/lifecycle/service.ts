/** Something that listens or ticks. Constructing one does nothing; `start` and `stop` do everything. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Start in order; if one fails, stop those already up, newest first, and rethrow.
 * Returns the function that stops all, newest first; a failing stop does not keep the others up.
 */
export async function startAll(services: readonly Service[]): Promise<() => Promise<void>> {
  const up: Service[] = [];
  const stopAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const service of up.splice(0).reverse()) {
      try {
        await service.stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some parts did not stop cleanly');
  };
  try {
    for (const service of services) {
      await service.start();
      up.push(service);
    }
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}
