export { systemClock, type Clock } from './clock.ts';
export { readConfig, type Config, type ConfigSources, type ReadConfig } from './config.ts';
export { ServerError, type ServerErrorCode } from './errors.ts';
export { makeLog, type Log } from './log.ts';
export { makeServer, type Listening, type Ports, type Server } from './server.ts';
