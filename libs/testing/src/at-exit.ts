const steps = new Set<() => void>();
let isListening = false;

/** Runs a step when the process ends, over one listener for all of them. Returns the undo. */
export function atExit(step: () => void): () => void {
  if (!isListening) {
    isListening = true;
    process.once('exit', () => {
      for (const one of steps) one();
    });
  }
  steps.add(step);
  return () => void steps.delete(step);
}
