export {
  CommandFailure,
  missedFloors,
  runCommand,
  type Command,
  type Floors,
  type ResultRow,
  type RunContext,
} from './command.js';
export { cleanUpOnce } from './clean-up.js';
