export { runCli } from './cli.ts';
export { systemClock, type Clock } from './clock.ts';
export { CliError, RefusedError, type CliErrorCode } from './errors.ts';
export { EXIT } from './exit-code.ts';
export { type Io } from './session.ts';
export { type Surroundings } from './knife-config/places.ts';
export { type Terminal } from './terminal.ts';
