/** Steps that undo what a command did (servers, folders), run once, last one first; a failing step does not keep the others. */
export function cleanUpOnce() {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    add(step: () => Promise<void> | void): void {
      steps.push(step);
    },
    async run(): Promise<unknown[]> {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      return failures;
    },
  };
}
